import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { loadConfig } from '../config/load.ts'
import { CredentialStore } from '../credentials/store.ts'
import { EXIT, Output } from './output.ts'
import type { Questions } from './questions.ts'
import { resetBox } from './reset.ts'
import { runSetup } from './setup.ts'
import type { SetupRequest } from './setup-plan.ts'
import { soapCamera } from './testing.ts'

const never = new AbortController().signal

/** A person with answers prepared: by a word in the question. What was asked is kept. */
function person(answers: Readonly<Record<string, string[]>>): Questions & { readonly asked: string[] } {
  const asked: string[] = []
  const say = (question: string, usual = '') => {
    asked.push(question)
    const key = Object.keys(answers).find((word) => question.includes(word))
    return answers[key ?? '']?.shift() ?? usual
  }
  return { asked, ask: async (question, usual) => say(question, usual), askHidden: async (question) => say(question) }
}

function place(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-setup-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const lines: string[] = []
  const output = new Output(true, (line) => lines.push(line))
  const events = () => lines.map((line) => JSON.parse(line))
  const paths = { config: join(folder, 'agent.yaml'), stateDir: join(folder, 'state') }
  const request = (host: string): SetupRequest => ({
    ...paths,
    ...{ cidr: [], host: [host], interface: ['none'], timeout: 1, discoveryPort: 3702, claim: false },
  })
  return { ...paths, folder, output, lines, events, request }
}

describe('setup', () => {
  it('finds, proves and writes by flags alone, without a question', async (t) => {
    await using camera = await soapCamera()
    const { config, output, events, request } = place(t)
    const nobody = person({})
    const given = { ...request(camera.host), bridge: 'https://b.example', name: 'Shop', yes: true }
    assert.equal(await runSetup(given, nobody, output, never), EXIT.done)
    assert.deepEqual(nobody.asked, [])
    assert.equal(events()[0].devices[0].serial, 'SN47110815')
    const written = await loadConfig(config)
    assert.deepEqual(
      [written.bridge, written.name, written.discovery.hosts],
      ['https://b.example', 'Shop', [camera.host]],
    )
  })

  it('asks what it was not told, and a password only for what does not let it in', async (t) => {
    await using camera = await soapCamera({ closed: true })
    const { stateDir, config, output, lines, request } = place(t)
    const installer = person({
      bridge: ['https://b.example'],
      'User name': ['admin', ''],
      Password: ['hunter2-secret'],
    })
    assert.equal(await runSetup(request(camera.host), installer, output, never), EXIT.partly)
    assert.equal(installer.asked.filter((question) => question.includes('Password')).length, 1)
    assert.ok(existsSync(config) && existsSync(stateDir))
    const files = readdirSync(stateDir).map((name) => readFileSync(join(stateDir, name), 'utf8'))
    assert.equal([...files, readFileSync(config, 'utf8'), ...lines].join().includes('hunter2'), false)
  })

  it('writes all that it was given, so that the agent that runs looks where setup looked', async (t) => {
    const { config, folder, output, request } = place(t)
    writeFileSync(join(folder, 'pw'), 'secret\n')
    const given = {
      ...{ ...request('127.0.0.1:9'), cidr: ['127.99.0.0/30'], interface: ['none', 'lo'], discoveryPort: 37_020 },
      ...{ bridge: 'https://b.example', user: 'admin', passwordFile: relative('', join(folder, 'pw')), yes: true },
    }
    assert.equal(await runSetup(given, person({}), output, never), EXIT.done)
    const { discovery, credentials } = await loadConfig(config)
    assert.deepEqual(
      [discovery.ranges, discovery.hosts, discovery.interfaces, discovery.port],
      [['127.99.0.0/30'], ['127.0.0.1:9'], ['none', 'lo'], 37_020],
    )
    assert.deepEqual([credentials[0]?.username, credentials[0]?.passwordFile], ['admin', join(folder, 'pw')])
  })

  it('takes answers over whole, flags before them, and their passwords into the sealed store', async (t) => {
    await using camera = await soapCamera()
    const { config, stateDir, folder, output, events, request } = place(t)
    const answers = join(folder, 'answers.yaml')
    const text = `# as our office wants it
bridge: https://former.example
name: Template
credentials:
  - { username: viewer, password: in-the-open, for: ["host:127.0.0.0/8"] }
discovery: { multicast: false, port: 37021, newDevices: confirm, hosts: ["127.0.0.1:9"] }
media: { preRollMs: 7000 }
log: warn
`
    writeFileSync(answers, text, { mode: 0o600 })
    const given = { ...request(camera.host), interface: [], bridge: 'https://b.example', answers, yes: true }
    assert.equal(await runSetup(given, person({}), output, never), EXIT.done)
    assert.equal(events()[0].devices[0].serial, 'SN47110815')
    const written = readFileSync(config, 'utf8')
    assert.match(written, /^# as our office wants it/)
    assert.doesNotMatch(written, /in-the-open|credentials/)
    assert.equal(statSync(config).mode & 0o777, 0o600, 'as open as the answers')
    const { bridge, name, discovery, media, log } = await loadConfig(config)
    assert.deepEqual([bridge, name, media.preRollMs, log], ['https://b.example', 'Template', 7000, 'warn'])
    assert.deepEqual(
      [discovery.multicast, discovery.port, discovery.newDevices, discovery.hosts],
      [false, 37_021, 'confirm', ['127.0.0.1:9', camera.host]],
    )
    const { sets } = await new CredentialStore(stateDir).read()
    assert.deepEqual(
      sets.map((set) => [set.username, set.password.reveal(), set.for]),
      [['viewer', 'in-the-open', ['host:127.0.0.0/8']]],
    )
  })

  it('writes over nothing without being told to', async (t) => {
    const { config, output, request } = place(t)
    writeFileSync(config, 'bridge: https://former.example\n')
    await assert.rejects(runSetup(request('127.0.0.1:1'), person({}), output, never), {
      message: 'Nothing was changed',
    })
    assert.match(readFileSync(config, 'utf8'), /former/)
  })
})

describe('reset', () => {
  it('asks first, and then leaves nothing of a box whose agent does not run', async (t) => {
    const { config, stateDir, output, request } = place(t)
    await using camera = await soapCamera()
    await runSetup(
      { ...request(camera.host), bridge: 'https://b.example', name: 'x', yes: true },
      person({}),
      output,
      never,
    )
    writeFileSync(join(stateDir, 'identity.json'), '{}')
    const refusal = { message: 'Nothing was removed' }
    await assert.rejects(resetBox(config, false, person({ removes: ['no'] }), output, never), refusal)
    assert.ok(existsSync(join(stateDir, 'identity.json')))
    assert.equal(await resetBox(config, false, person({ removes: ['wipe'] }), output, never), EXIT.done)
    assert.deepEqual(
      readdirSync(stateDir).filter((name) => !name.startsWith('lock.db')),
      [],
    )
  })
})
