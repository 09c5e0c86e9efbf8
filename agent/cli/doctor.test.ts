import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { Aedes } from 'aedes'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { controlPath } from '../commands/control.ts'
import { serveControl } from '../commands/control-server.ts'
import { CredentialStore } from '../credentials/store.ts'
import { HealthStore } from '../health/store.ts'
import { Inventory } from '../inventory/inventory.ts'
import { importPublicKey } from '../protocol/grant.ts'
import { BROKER, ELSEWHERE, OUR_CA } from '../transport/certificates.testing.ts'
import { loadIdentity, saveIdentity } from '../transport/identity.ts'
import { checkClock, type Finding } from './checks.ts'
import { checkWear } from './disk-checks.ts'
import { runDoctor } from './doctor.ts'
import { checkNames, checkTls } from './network-checks.ts'
import { EXIT, Output } from './output.ts'
import { openStateDatabase, statePaths } from './state.ts'
import { soapCamera } from './testing.ts'

const never = new AbortController().signal
const TOKEN = 'a-token-of-at-least-32-characters-length'
const GRANT_KEY = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE'

/** A bridge as far as the doctor asks it, and its broker, which lets in who knows the token. */
async function healthyBridge() {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthz' ? 200 : 404).end()
  })
  const port = await listening(server)
  const broker = await brokerFor(TOKEN)
  const url = `http://127.0.0.1:${port}`
  return {
    ...{ url, mqttUrl: broker.url, seen: broker.seen },
    async [Symbol.asyncDispose]() {
      server.close()
      await broker[Symbol.asyncDispose]()
    },
  }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** A broker that lets in whoever has the password, over TLS where keys are given. */
async function brokerFor(word: string, keys?: { readonly cert: string; readonly key: string }) {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const aedes = await Aedes.createBroker({
    authenticate: ({ id }, _, password, done) => {
      seen.push(id)
      done(null, String(password) === word)
    },
  })
  const onSocket = (socket: Socket) => {
    sockets.add(socket)
    aedes.handle(socket)
  }
  const server = keys ? createTlsServer(keys, onSocket) : createTcpServer(onSocket)
  const url = `mqtt${keys ? 's' : ''}://127.0.0.1:${await listening(server)}`
  return {
    ...{ url, seen },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await new Promise<void>((resolve) => aedes.close(resolve))
    },
  }
}

/** An agent as far as the doctor asks it. */
const running = (stateDir: string, connected: boolean, trouble = '') =>
  serveControl({
    path: controlPath(stateDir),
    answer: async function* () {
      const counts = { messages: 0, bytes: 0, dropped: 0 }
      yield {
        state: {
          ...{ version: '1.0.0', pid: 1, uptimeS: 1, agent: 'agentaaaaaaaaaaa', bridge: null, connected, trouble },
          ...{ settledBy: 'bridge', cap: false, spool: counts, sent: { items: 0, bytes: 0 }, residentBytes: 1 },
          cameras: [],
        },
      }
    },
  })

function box(bridge: string) {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-doctor-'))
  const stateDir = join(folder, 'state')
  mkdirSync(stateDir, { mode: 0o700 })
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, 'a secret word', { mode: 0o600 })
  const config = join(folder, 'agent.yaml')
  const credentials = `credentials:\n  - username: admin\n    passwordFile: ${passwordFile}\n`
  writeFileSync(config, `bridge: ${bridge}\nstateDir: ${stateDir}\n${credentials}`)
  return { folder, stateDir, passwordFile, config }
}

async function claimOn(bridge: { mqttUrl: string; url: string }, stateDir: string) {
  const names = { agent: 'agentaaaaaaaaaaa', account: 'accountaaaaaaaaa', prefix: 'lenscap', bridgeUrl: bridge.url }
  const token = new Secret(TOKEN)
  const claimed = { ...names, token, grantKey: importPublicKey(GRANT_KEY), mqttUrl: bridge.mqttUrl }
  await saveIdentity(stateDir, { ...(await loadIdentity(stateDir)), claimed })
}

async function examine(config: string) {
  const said: string[] = []
  const code = await runDoctor(config, new Output(true, (text) => said.push(text)), never)
  const findings: Finding[] = JSON.parse(said.join(''))
  assert.doesNotMatch(said.join(''), /secret word|a-token/)
  return { code, findings, of: (check: string) => findings.find((each) => each.check === check) }
}

describe('doctor', () => {
  it('finds nothing to mend on a box that works', async () => {
    await using bridge = await healthyBridge()
    await using camera = await soapCamera()
    const { config, stateDir } = box(bridge.url)
    await claimOn(bridge, stateDir)
    const db = openStateDatabase(statePaths({ stateDir }).state)
    const inventory = new Inventory({ db, credentials: [], clock: systemClock })
    for await (const _ of inventory.refresh([camera.sighting], never));
    const id = inventory.devices()[0]?.cameras[0]?.camera ?? ''
    const health = new HealthStore(db)
    health.save(id, Date.now(), { level: 'up', diagnoses: [] })
    await using _agent = await running(stateDir, true)
    const well = await examine(config)
    assert.deepEqual(bridge.seen, [], 'who runs is never thrown out')
    assert.equal(well.code, EXIT.done, JSON.stringify(well.findings))
    assert.deepEqual(
      well.findings.map(({ check }) => check).filter((check) => check !== 'flash'),
      [
        'configuration',
        'state folder',
        'disk',
        'clock',
        'password file',
        'agent',
        'claim',
        'bridge',
        'broker',
        'camera',
      ],
    )
    health.save(id, Date.now(), {
      level: 'unreachable',
      diagnoses: [{ code: 'UNREACHABLE', detail: 'nothing answers' }],
    })
    const ill = await examine(config)
    assert.equal(ill.code, EXIT.failed)
    assert.match(ill.of('camera')?.advice ?? '', /power and cable/)
    db.close()
  })

  it('says what to do on a fresh box whose bridge is not there', async () => {
    const { config } = box('http://127.0.0.1:1')
    const { code, findings, of } = await examine(config)
    assert.equal(code, EXIT.failed)
    assert.deepEqual([of('bridge')?.state, of('claim')?.state, of('cameras')?.state], ['failed', 'warning', 'warning'])
    assert.ok(findings.every(({ state, advice }) => (state === 'ok') === (advice === '')))
  })

  it('only warns of what works and should be better', async () => {
    await using bridge = await healthyBridge()
    const { config, passwordFile } = box(bridge.url)
    chmodSync(passwordFile, 0o644)
    const { code, of } = await examine(config)
    assert.equal(code, EXIT.partly)
    assert.equal(of('password file')?.advice, `Run: chmod 600 ${passwordFile}`)
  })

  it('signs in to the broker where no agent runs, and tells what it said', async () => {
    await using bridge = await healthyBridge()
    const { config, stateDir } = box(bridge.url)
    await claimOn(bridge, stateDir)
    const alone = await examine(config)
    assert.equal(alone.of('agent')?.state, 'warning')
    assert.match(alone.of('broker')?.found ?? '', /lets this box in/)
    assert.deepEqual(bridge.seen, ['agentaaaaaaaaaaa'])
    const reason = "The broker refuses this box's token: have the box claimed again"
    await using _agent = await running(stateDir, false, reason)
    const cutOff = await examine(config)
    assert.equal(cutOff.of('broker')?.state, 'failed')
    assert.equal(cutOff.of('broker')?.advice, 'Have the box claimed again')
    assert.equal(bridge.seen.length, 1)
  })

  it("signs in to an owner's own broker beside the agent, by another id", async () => {
    await using broker = await brokerFor('open sesame')
    const { config, folder, stateDir } = box('http://127.0.0.1:1')
    const word = join(folder, 'word')
    const access = `{ url: "${broker.url}", username: a, passwordFile: ${word} }`
    const all = `stateDir: ${stateDir}\nmqtt: ${access}\nhomeAssistant: { enabled: true }\n`
    writeFileSync(config, all)
    writeFileSync(word, 'open sesame', { mode: 0o600 })
    await using _agent = await running(stateDir, true)
    const well = await examine(config)
    assert.deepEqual([well.of('broker')?.state, well.of('home assistant')?.state], ['ok', 'ok'])
    assert.deepEqual(broker.seen.toSorted(), ['lenscap-doctor', 'lenscap-ha-doctor'])
    writeFileSync(word, 'open barley')
    const refused = await examine(config)
    assert.equal(refused.of('broker')?.state, 'failed')
    assert.match(refused.of('broker')?.found ?? '', /refuses/)
    rmSync(word)
    assert.match((await examine(config)).of('broker')?.found ?? '', /Can't read the password file/)
  })

  it('tells a certificate that nobody here signed, one that is for another name, and one that soon ends', async () => {
    await using ours = await brokerFor('x', BROKER)
    await using elsewhere = await brokerFor('x', ELSEWHERE)
    const tls = { ca: OUR_CA }
    const check = (url: string, own: object | undefined, nowMs = Date.now()) =>
      checkTls({ url, ...(own && { tls: own }), whose: 'broker' }, never, nowMs)
    assert.equal((await check(ours.url, tls))[0]?.state, 'ok')
    const [unknown] = await check(ours.url, undefined)
    assert.match(unknown?.advice ?? '', /Give its CA in mqtt.caFile/)
    const [misnamed] = await check(elsewhere.url, tls)
    assert.match(`${misnamed?.state} ${misnamed?.found}`, /failed .*another name/)
    assert.equal((await check(elsewhere.url, { ...tls, servername: 'elsewhere.test' }))[0]?.state, 'ok')
    const [ending] = await check(ours.url, tls, Date.parse('2126-10-20T00:00:00Z'))
    assert.match(`${ending?.state} ${ending?.advice}`, /warning Have it renewed: \d+ days/)
    const plain = await brokerFor('x')
    const [spoken] = await check(plain.url.replace('mqtt:', 'mqtts:'), undefined)
    assert.equal(spoken?.state, 'failed')
    await plain[Symbol.asyncDispose]()
    assert.deepEqual(await check('mqtt://127.0.0.1:1', undefined), [])
  })

  it('tells a name that nobody knows, and asks nobody about numbers', async () => {
    assert.deepEqual(await checkNames(['http://127.0.0.1:1', 'mqtt://[::1]:1']), [])
    const [known] = await checkNames(['http://localhost:1', 'mqtt://localhost:2'])
    assert.equal(known?.state, 'ok')
    const [unknown] = await checkNames(['http://no-such-box.invalid'])
    assert.deepEqual([unknown?.check, unknown?.state], ['name server', 'failed'])
  })

  it('tells flash that wears out, a state folder that is open, and a store that its key does not open', async () => {
    const disks = mkdtempSync(join(tmpdir(), 'lenscap-disks-'))
    const wears = { mmcblk0: '0x01 0x02\n', mmcblk1: '0x09 0x03\n', mmcblk2: '0x0b 0x01\n', sda: undefined }
    for (const [name, life] of Object.entries(wears)) {
      mkdirSync(join(disks, name, 'device'), { recursive: true })
      if (life) writeFileSync(join(disks, name, 'device', 'life_time'), life)
    }
    assert.deepEqual(
      (await checkWear(disks)).map(({ state, found }) => `${state}: ${found}`),
      [
        'ok: mmcblk0 has used up to 20 % of its life',
        'warning: mmcblk1 has used up to 90 % of its life',
        'failed: mmcblk2 is past its life',
      ],
    )
    await using bridge = await healthyBridge()
    const { config, stateDir } = box(bridge.url)
    chmodSync(stateDir, 0o755)
    await new CredentialStore(stateDir).add({ username: 'a', password: new Secret('b') }, [])
    const open = await examine(config)
    assert.equal(open.of('state folder')?.advice, `Run: chmod 700 ${stateDir}`)
    assert.match(open.of('credentials')?.found ?? '', /1 in the sealed store/)
    writeFileSync(join(stateDir, 'credentials.key'), 'no key', { mode: 0o600 })
    assert.equal((await examine(config)).of('credentials')?.state, 'failed')
    rmSync(stateDir, { recursive: true })
    assert.match((await examine(config)).of('state folder')?.advice ?? '', /Start the agent once/)
  })

  it('names the line of a configuration that makes no sense, and looks no further', async () => {
    const { config } = box('not a url')
    const { code, findings } = await examine(config)
    assert.deepEqual([code, findings.length], [EXIT.failed, 1])
    assert.match(findings[0]?.found ?? '', /line 1, column 9: bridge/)
  })

  it("tells a clock that was never set, and one that is not the bridge's", () => {
    const now = Date.parse('2026-03-01T10:00:00Z')
    assert.equal(checkClock(now, undefined).state, 'ok')
    assert.equal(checkClock(now, now - 2000).state, 'ok')
    assert.equal(checkClock(now, undefined, false).state, 'warning')
    assert.match(checkClock(now, undefined, true).found, /time server/)
    assert.equal(checkClock(1000, undefined).state, 'failed')
    assert.match(checkClock(now, now + 120_000).found, /120 s behind/)
  })
})
