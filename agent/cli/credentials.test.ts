import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { Secret } from '../base/secret.ts'
import { RefusalLog } from '../credentials/refusal-log.ts'
import { CredentialStore } from '../credentials/store.ts'
import { InventoryStore } from '../inventory/store.ts'
import { TrustStore } from '../inventory/trust-store.ts'
import {
  addCredential,
  confirmDevice,
  importCredentials,
  listCredentials,
  removeCredential,
  retryRefused,
  rotateKey,
} from './credentials.ts'
import { Output } from './output.ts'
import { askPassword } from './password.ts'
import { openStateDatabase, statePaths } from './state.ts'

const SECRET = 'Kamera-4711'

function box(t: TestContext, credentials = '') {
  const folder = mkdtempSync(join(tmpdir(), 'credentials-cli-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const stateDir = join(folder, 'state')
  const [config, password] = [join(folder, 'agent.yaml'), join(folder, 'password')]
  writeFileSync(config, `bridge: http://127.0.0.1:1\nstateDir: ${stateDir}\n${credentials}`)
  writeFileSync(password, `${SECRET}\n`, { mode: 0o600 })
  const written: string[] = []
  const output = (json = true) => new Output(json, (text) => void written.push(text))
  return { config, password, stateDir, written, output, last: () => JSON.parse(written.at(-1) ?? '') }
}

describe('the commands for credentials', () => {
  it('add, list and remove, and never say a password', async (t) => {
    const { config, password, output, last, written, stateDir } = box(t)
    assert.equal(await listCredentials(config, output()), 0)
    assert.deepEqual(last(), [])
    assert.throws(() => readdirSync(stateDir), 'looking makes nothing')
    const request = { user: 'admin', passwordFile: password }
    assert.equal(await addCredential(config, { ...request, for: ['maker:axis'] }, output()), 0)
    const { id } = last()
    assert.equal(await addCredential(config, { ...request, user: 'root', for: [], first: true }, output()), 0)
    await listCredentials(config, output())
    assert.deepEqual(
      last().map((each: { user: string; for: string[] }) => [each.user, each.for]),
      [
        ['root', []],
        ['admin', ['maker:axis']],
      ],
    )
    await rotateKey(config, output())
    assert.equal(await removeCredential(config, id, output()), 0)
    await listCredentials(config, output(false))
    assert.match(written.at(-1) ?? '', /root +every device +the sealed store/)
    assert.deepEqual(
      (await new CredentialStore(stateDir, '').read()).sets.map((set) => set.password.reveal()),
      [SECRET],
    )
    for (const text of written) assert.ok(!text.includes(SECRET))
    await assert.rejects(addCredential(config, { ...request, for: ['nobody'] }, output()), { kind: 'invalid' })
    await assert.rejects(removeCredential(config, 'config-1', output()), { kind: 'invalid' })
  })

  it("import moves the configuration's own passwords and those of its files, and says what to delete", async (t) => {
    const { config, password, output, last, stateDir } = box(t, '')
    const sets = `credentials:\n  - {username: a, password: "${SECRET}"}\n  - {username: b, passwordFile: ${password}, for: [maker:axis]}\n`
    writeFileSync(config, `bridge: http://127.0.0.1:1\nstateDir: ${stateDir}\n${sets}`)
    assert.equal(await importCredentials(config, output()), 0)
    assert.deepEqual(last(), { imported: 2, configuration: config, files: [password] })
    const stored = (await new CredentialStore(stateDir, '').read()).sets
    assert.deepEqual(
      stored.map((set) => [set.username, set.password.reveal(), ...set.for]),
      [
        ['a', SECRET],
        ['b', SECRET, 'maker:axis'],
      ],
    )
  })

  it('retry and confirm count for the agent that runs beside them; entering a set again is a reason to send it', async (t) => {
    const { config, password, output, last, stateDir } = box(t)
    await addCredential(config, { user: 'admin', passwordFile: password, for: [] }, output())
    const { keys } = await new CredentialStore(stateDir, '').read()
    await assert.rejects(confirmDevice(config, '10.0.0.1', output()), { kind: 'invalid', message: /Nothing has run/ })
    const db = openStateDatabase(statePaths({ stateDir }).state)
    t.after(() => db.close())
    const log = new RefusalLog(db, keys)
    const [admin, other] = [
      { username: 'admin', password: new Secret(SECRET) },
      { username: 'root', password: new Secret(SECRET) },
    ]
    const place = {
      endpoint: '',
      manufacturer: '',
      model: '',
      serial: '',
      macs: [],
      path: '/',
      https: false,
      username: '',
    }
    await new InventoryStore(db).saveDevice({ ...place, device: 'one', address: '10.0.0.1', port: 80 })
    await new InventoryStore(db).saveDevice({ ...place, device: 'two', address: '10.0.0.2', port: 80 })
    for (const device of ['one', 'two']) {
      for (const each of [admin, other]) log.note(device, each, 'onvif', 'refused', 1)
    }
    await addCredential(config, { user: 'admin', passwordFile: password, for: [] }, output())
    assert.deepEqual([log.last('one', admin, 'onvif'), log.last('one', other, 'onvif')], [undefined, 'refused'])
    await retryRefused(config, '10.0.0.1', output())
    assert.deepEqual(last(), { devices: 1 })
    assert.deepEqual([log.last('one', other, 'onvif'), log.last('two', other, 'onvif')], [undefined, 'refused'])
    await retryRefused(config, undefined, output())
    assert.equal(log.last('two', other, 'onvif'), undefined)
    await confirmDevice(config, '10.0.0.1:8000', output())
    const trust = new TrustStore(db)
    const isConfirmed = (port: number, laterMs = 0) => trust.isConfirmed('10.0.0.1', port, Date.now() + laterMs)
    assert.deepEqual([isConfirmed(8000), isConfirmed(80), isConfirmed(8000, 3_700_000)], [true, false, false])
    await assert.rejects(confirmDevice(config, 'camera.lan', output()), { kind: 'invalid' })
  })
})

/** A terminal at which somebody types these keys. */
function terminal(...typed: string[]) {
  const events = new EventEmitter()
  const modes: boolean[] = []
  const shown: string[] = []
  const input = Object.assign(events, {
    isTTY: true,
    setRawMode: (on: boolean) => {
      modes.push(on)
      if (on) setImmediate(() => events.emit('data', typed.shift() ?? ''))
    },
    resume: () => {},
    pause: () => {},
    async *[Symbol.asyncIterator]() {},
  })
  const ask = () => askPassword({}, 'Password', input, { write: (text) => shown.push(text) })
  return { ask, modes, shown }
}

describe('asking for a password', () => {
  it('shows nothing of what is typed, asks twice, and leaves the terminal as it was', async () => {
    const { ask, modes, shown } = terminal('geheX\u007fim\r', 'geheim\n')
    assert.equal((await ask()).reveal(), 'geheim')
    assert.deepEqual(modes, [true, false, true, false])
    assert.deepEqual(shown, ['Password: ', '\n', 'The same again: ', '\n'])
  })

  it('stores nothing where the two differ, nothing was typed, or Ctrl-C', async () => {
    await assert.rejects(terminal('one\r', 'two\r').ask(), { kind: 'invalid', message: /not the same/ })
    await assert.rejects(terminal('\r').ask(), { kind: 'invalid', message: /empty/ })
    const stopped = terminal('ab\u0003')
    await assert.rejects(stopped.ask(), { kind: 'cancelled' })
    assert.deepEqual(stopped.modes, [true, false])
  })

  it('takes the first line of a pipe, and refuses to guess where there is no terminal', async () => {
    const pipe = (text: string) =>
      Object.assign(Readable.from([Buffer.from(text)]), { isTTY: false, setRawMode: () => {} })
    const from = (text: string, stdin: boolean) => askPassword({ stdin }, 'Password', pipe(text))
    assert.equal((await from('pässwörd \r\nmore\n', true)).reveal(), 'pässwörd ')
    await assert.rejects(from('x', false), { kind: 'invalid', message: /--stdin/ })
    await assert.rejects(from('', true), { kind: 'invalid', message: /empty/ })
  })
})
