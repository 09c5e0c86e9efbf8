import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { API, CHANGE_HEADER } from '../../cloud-bridge/web/api.ts'
import { command } from '../harness/command.ts'
import { House } from '../harness/house.ts'
import { freeNet } from '../harness/ports.ts'
import { isListening } from '../harness/sockets.ts'
import { until } from '../harness/until.ts'

const PROGRAMS = ['lenscap-agent', 'lenscap-bridge', 'lenscap-simulator']
const FIRST = freeNet()

/** A program's complaint: the exit code, and words for a person instead of a stack. */
async function complaint(program: string, ...args: string[]): Promise<{ code: number | null; words: string }> {
  const { code, out, err } = await command(program, args)
  assert.equal(out, '', 'a complaint goes to standard error')
  assert.doesNotMatch(err, /\n {4}at /, 'no stack')
  return { code, words: err }
}

const folder = mkdtempSync(join(tmpdir(), 'lenscap-manners-'))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** A port on that address that somebody else holds. */
async function takenPort(address: string): Promise<number> {
  const server = createServer().listen(0, address)
  await once(server, 'listening')
  after(() => server.close())
  return (server.address() as AddressInfo).port
}

describe('every program', () => {
  for (const program of PROGRAMS) {
    it(`${program} explains itself, and says what is wrong with how it is called`, async () => {
      const help = await command(program, ['--help'])
      assert.deepEqual([help.code, help.err], [0, ''])
      assert.match(help.out, new RegExp(`^Usage: ${program} `))
      const version = await command(program, ['--version'])
      assert.equal(version.code, 0)
      assert.match(version.out, /^\d+\.\d+\.\d+\n$/)
      for (const args of [['--no-such-option'], ['run', '--no-such-option'], ['no-such-command']]) {
        const { code, words } = await complaint(program, ...args)
        assert.equal(code, 2, args.join(' '))
        assert.match(words, /no-such/)
      }
    })
  }

  it('names the port that is taken and the option that chooses another', async () => {
    const port = await takenPort('127.0.0.1')
    const cameraPort = await takenPort(FIRST)
    const data = join(folder, 'data')
    const bridge = ['lenscap-bridge', 'run', '--data', data, '--http-port', '0', '--mqtt-port', '0']
    const simulator = ['lenscap-simulator', 'run', '--profile', 'axis', '--address', FIRST, '--discovery-port', '0']
    const cases: [option: string, port: number, call: string[]][] = [
      ['--http-port', port, bridge],
      ['--mqtt-port', port, bridge],
      ['--control-port', port, [...simulator, '--port', '0', '--rtsp-port', '0']],
      ['--port', cameraPort, simulator],
      ['--rtsp-port', cameraPort, [...simulator, '--port', '0']],
    ]
    for (const [option, taken, [program = '', ...args]] of cases) {
      const { code, words } = await complaint(program, ...args, option, String(taken))
      assert.equal(code, 1, option)
      assert.ok(words.includes(String(taken)) && words.includes(option), words)
    }
  })

  it('names a folder that it can not write, and a configuration that is not there', async () => {
    const inAFile = join(file('file', ''), 'state')
    const config = file('agent.yaml', `bridge: http://127.0.0.1:1\nstateDir: ${inAFile}\n`)
    const missing = join(folder, 'missing.yaml')
    const cases: [code: number, named: string, ...call: string[]][] = [
      [1, inAFile, 'lenscap-bridge', 'run', '--data', inAFile],
      [1, inAFile, 'lenscap-agent', 'run', '--config', config],
      [1, inAFile, 'lenscap-agent', 'cap', 'on', '--config', config],
      [2, missing, 'lenscap-bridge', 'run', '--data', join(folder, 'data'), '--config', missing],
      [2, missing, 'lenscap-agent', 'run', '--config', missing],
      [2, missing, 'lenscap-agent', 'status', '--config', missing],
      [2, missing, 'lenscap-simulator', 'run', '--password-file', missing],
    ]
    for (const [expected, named, program = '', ...args] of cases) {
      const { code, words } = await complaint(program, ...args)
      assert.equal(code, expected, `${program} ${args.join(' ')}`)
      assert.ok(words.includes(named) && words.trimEnd().includes(' '), words)
    }
  })
})

describe('programs at work', { timeout: 180_000 }, () => {
  it('are alone on their state, keep every secret, stop at once, and find everything again', async (t) => {
    const login = { username: 'owner', password: 'Konto-passwort-4711' }
    await using house = await House.build({
      signal: t.signal,
      profiles: ['axis', 'reolink'],
      owner: login,
    })
    const box = await house.move('box')
    const before = await house.cameras(2)
    for (const { id } of before) await house.owner.allow(id, ['snapshot', 'clip'])
    for (const { id } of before) {
      await until('its picture is there', async () => (await house.owner.items(id)).items.length > 0)
    }
    const cookie = await signIn(house.url, login)
    const session = cookie.split('=')[1] ?? ''
    assert.ok(session.length >= 32)
    const page = await fetch(`${house.url}${API}/stream`, { headers: { cookie } })
    assert.equal(page.status, 200)

    const agent = await complaint('lenscap-agent', 'run', '--config', box.config)
    assert.equal(agent.code, 1)
    assert.match(agent.words, /Another agent runs with the state folder .*: stop it first/)
    const ports = ['--http-port', '0', '--mqtt-port', '0']
    const bridge = await complaint('lenscap-bridge', 'run', '--data', house.bridgeFolder, ...ports)
    assert.equal(bridge.code, 1)
    assert.match(bridge.words, /Another bridge runs with the folder .*: stop it first/)

    const secrets = { camera: house.cameraPassword, device: box.identity().token, session, account: login.password }
    assert.deepEqual(inCommandLines(secrets), [])
    await stopsAtOnce(house)
    await page.text().catch(() => 'cut off')
    assert.deepEqual(inFiles(house.folder, secrets), ['camera in camera-password', 'device in box/identity.json'])
    const said = house.said.map(({ line }) => JSON.stringify(line)).join('\n')
    for (const [name, secret] of Object.entries(secrets)) assert.ok(!said.includes(secret), `${name} was printed`)

    await house.startBridge()
    await box.start(house.owner)
    await until('the box is back', async () => (await house.owner.overview()).agents[0]?.online === true)
    const now = await house.owner.overview()
    assert.deepEqual(now.cameras.map(({ id }) => id).toSorted(), before.map(({ id }) => id).toSorted())
    assert.deepEqual(
      now.cameras.map(({ consent }) => consent.kinds.toSorted()),
      [
        ['clip', 'snapshot'],
        ['clip', 'snapshot'],
      ],
    )
    assert.equal(now.agents.length, 1)
  })
})

/** Asks all three to stop while streams flow and a page is open: each ends by itself, and nothing listens any more. */
async function stopsAtOnce(house: House): Promise<void> {
  const [box] = house.boxes
  const places: [string, number][] = [
    ['127.0.0.1', house.ports.http],
    ['127.0.0.1', house.ports.mqtt],
    ['127.0.0.1', house.ports.control],
    ...(await house.simulator.cameras()).flatMap(({ address, httpPort, rtspPort }): [string, number][] => [
      [address, httpPort],
      [address, rtspPort],
    ]),
  ]
  for (const [address, port] of places) assert.ok(isListening(address, port), `${address}:${port}`)
  // The far ends first: nobody may need the other to be able to stop.
  const simulator = await house.stopSimulator(3000)
  assert.deepEqual(simulator, { byItself: true, exitCode: 0 })
  const bridge = await house.stopBridge(3000)
  assert.deepEqual(bridge, { byItself: true, exitCode: 0 })
  assert.deepEqual([await box?.stop(3000), box?.exitCode], [true, 0])
  for (const [address, port] of places) assert.ok(!isListening(address, port), `${address}:${port}`)
}

/** The cookie that a browser would keep. */
async function signIn(url: string, login: object): Promise<string> {
  const response = await fetch(`${url}${API}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [CHANGE_HEADER]: '1' },
    body: JSON.stringify(login),
  })
  const [cookie = ''] = response.headers.getSetCookie()
  assert.ok(response.ok)
  return cookie.split(';')[0] ?? ''
}

type Secrets = Readonly<Record<string, string>>

/** Secrets that stand in any process's command line, for all users of the machine to read. */
function inCommandLines(secrets: Secrets): string[] {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'latin1')
      } catch {
        return ''
      }
    })
  assert.ok(
    lines.some((line) => line.includes('lenscap-')),
    'the programs can be seen',
  )
  return Object.entries(secrets).flatMap(([name, secret]) =>
    lines.some((line) => line.includes(secret)) ? [name] : [],
  )
}

/** Which secret stands in which file below a folder: logs, databases, everything. */
function inFiles(root: string, secrets: Secrets): string[] {
  const files = readdirSync(root, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(root, name)).isFile())
  assert.ok(
    files.some((name) => name.endsWith('.log')),
    'there are logs',
  )
  return files
    .flatMap((name) => {
      const bytes = readFileSync(join(root, name))
      return Object.entries(secrets).flatMap(([secret, text]) => (bytes.includes(text) ? [`${secret} in ${name}`] : []))
    })
    .toSorted()
}
