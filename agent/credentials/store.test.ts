import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { Secret } from '../base/secret.ts'
import { announceKeys, openKeys } from './keys.ts'
import { CredentialStore } from './store.ts'
import { SYSTEMD_CREDENTIAL } from './systemd-creds.ts'

function box(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'credentials-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)
  const store = () => new CredentialStore(folder, '')
  const held = async () =>
    (await store().read()).sets.map(({ username, password, for: patterns }) => [
      username,
      password.reveal(),
      ...patterns,
    ])
  return { folder, at, store, held }
}

const admin = { username: 'admin', password: new Secret('Kamera-4711') }
const guest = { username: 'gast', password: new Secret('pässwörd') }

describe('the store of credentials', () => {
  it('gives back what was put in, in the order of trying', async (t) => {
    const { store, held } = box(t)
    await store().add(admin, [])
    const { id } = await store().add(guest, ['maker:reolink*'])
    await store().add(admin, ['host:10.0.0.0/8'], true)
    const all = [
      ['admin', 'Kamera-4711', 'host:10.0.0.0/8'],
      ['admin', 'Kamera-4711'],
      ['gast', 'pässwörd', 'maker:reolink*'],
    ]
    assert.deepEqual(await held(), all)
    await store().remove(id)
    assert.deepEqual(await held(), all.slice(0, 2))
    await assert.rejects(store().remove(id), { kind: 'invalid' })
  })

  it('holds neither user nor password in the clear, has a fresh nonce for each writing, and is for its owner alone', async (t) => {
    const { store, folder, at } = box(t)
    await store().add(admin, [])
    const first = readFileSync(at('credentials.sealed'), 'utf8')
    await store().add(guest, [])
    const second = readFileSync(at('credentials.sealed'), 'utf8')
    assert.notEqual(JSON.parse(first).nonce, JSON.parse(second).nonce)
    for (const name of readdirSync(folder)) {
      assert.equal(statSync(at(name)).mode & 0o777, 0o600, name)
      const bytes = readFileSync(at(name))
      for (const text of ['admin', 'Kamera-4711', 'gast', 'pässwörd'])
        assert.ok(!bytes.includes(text), `${text} in ${name}`)
    }
  })

  it('refuses a key that others can read, and says what to do', async (t) => {
    const { store, at } = box(t)
    await store().add(admin, [])
    chmodSync(at('credentials.key'), 0o640)
    await assert.rejects(store().read(), { kind: 'refused', message: /chmod 600 .*credentials\.key.*rotate-key/ })
  })

  it('sets a damaged store aside once, says so, and goes on', async (t) => {
    const { store, at, held, folder } = box(t)
    await store().add(admin, [])
    const whole = readFileSync(at('credentials.sealed'), 'utf8')
    const sealed = JSON.parse(whole)
    const flipped = Buffer.from(sealed.data, 'base64')
    flipped[3] = (flipped[3] ?? 0) ^ 1
    for (const broken of [
      '',
      '{',
      whole.slice(0, 40),
      JSON.stringify({ ...sealed, data: flipped.toString('base64') }),
    ]) {
      writeFileSync(at('credentials.sealed'), broken)
      const { sets, trouble } = await store().read()
      assert.deepEqual([sets, trouble?.kind], [[], 'storage'])
      assert.equal((await store().read()).trouble, undefined, 'told once')
    }
    assert.ok(readdirSync(folder).some((name) => name.startsWith('credentials.sealed.corrupt-')))
    await store().add(guest, [])
    assert.deepEqual(await held(), [['gast', 'pässwörd']])
  })

  it('keeps a store that was sealed with another key, and says so', async (t) => {
    const { store, at } = box(t)
    await store().add(admin, [])
    rmSync(at('credentials.key'))
    await assert.rejects(store().read(), { kind: 'invalid', message: /another key/ })
    await assert.rejects(store().add(guest, []), { kind: 'invalid' })
    assert.ok(existsSync(at('credentials.sealed')))
    writeFileSync(at('credentials.key'), 'no key\n', { mode: 0o600 })
    await assert.rejects(store().read(), { kind: 'invalid', message: /holds no key/ })
  })

  it('is whole after a cut at any step of a rotation', async (t) => {
    for (const cut of ['before the store', 'after the store', 'never'] as const) {
      const { store, at, held, folder } = box(t)
      await store().add(admin, [])
      const old = readFileSync(at('credentials.key'), 'utf8')
      const keys = await openKeys(folder, '')
      const mark = keys.mark('a')
      if (cut === 'never') await store().rotate()
      else {
        const next = keys.renewed()
        await announceKeys(folder, next)
        // The store as a rotation writes it, with the announced key, when the power goes.
        if (cut === 'after the store') {
          const content = [{ id: 'x', username: 'admin', password: 'Kamera-4711', for: [] }]
          writeFileSync(at('credentials.sealed'), JSON.stringify({ v: 1, ...next.seal(JSON.stringify(content)) }))
        }
      }
      assert.deepEqual(await held(), [['admin', 'Kamera-4711']], cut)
      assert.deepEqual(await held(), [['admin', 'Kamera-4711']], cut)
      assert.ok(!existsSync(at('credentials.key.next')), cut)
      assert.equal(readFileSync(at('credentials.key'), 'utf8') === old, cut === 'before the store', cut)
      assert.equal((await openKeys(folder, '')).mark('a'), mark, 'what was refused stays refused')
    }
  })

  it('takes its key from systemd where the unit hands one over, as bytes or as text', async (t) => {
    const { folder, at } = box(t)
    const key = Buffer.alloc(32, 7)
    writeFileSync(at(SYSTEMD_CREDENTIAL), key)
    await new CredentialStore(folder, folder).add(admin, [])
    writeFileSync(at(SYSTEMD_CREDENTIAL), `${key.toString('base64')}\n`)
    assert.equal((await new CredentialStore(folder, folder).read()).sets[0]?.password.reveal(), 'Kamera-4711')
    assert.ok(!existsSync(at('credentials.key')))
    await assert.rejects(new CredentialStore(folder, folder).rotate(), { kind: 'unsupported' })
    writeFileSync(at(SYSTEMD_CREDENTIAL), 'short')
    await assert.rejects(new CredentialStore(folder, folder).read(), { kind: 'invalid' })
  })

  it('shows no secret in whatever is printed of it or goes wrong with it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uuid(), fc.nat(5), async (secret, damage) => {
        const folder = mkdtempSync(join(tmpdir(), 'credentials-'))
        const [key, sealed] = [join(folder, 'credentials.key'), join(folder, 'credentials.sealed')]
        const store = new CredentialStore(folder, '')
        try {
          await store.add({ username: 'admin', password: new Secret(secret) }, [])
          const keys = await openKeys(folder, '')
          const text = readFileSync(key, 'utf8')
          if (damage === 1) writeFileSync(sealed, readFileSync(sealed, 'utf8').slice(0, -9))
          if (damage === 2) chmodSync(key, 0o644)
          if (damage === 3) writeFileSync(key, text.slice(0, 50))
          if (damage === 4) writeFileSync(sealed, `{"v":1,"password":"${secret}"}`)
          if (damage === 5) writeFileSync(sealed, JSON.stringify({ v: 1, ...keys.seal(`[{"password":"${secret}"}]`) }))
          const outcomes = await Promise.allSettled([store.read(), store.remove('none'), store.rotate(), keys])
          const printed = inspect(outcomes, { depth: 20, showHidden: true }) + JSON.stringify(outcomes)
          for (const hidden of [secret, ...text.trim().split('\n')]) assert.ok(!printed.includes(hidden), hidden)
        } finally {
          rmSync(folder, { recursive: true })
        }
      }),
      { numRuns: 40, seed: 4711 },
    )
  })
})
