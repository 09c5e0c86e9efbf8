import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { CredentialBook } from './book.ts'
import type { CredentialSet } from './for.ts'
import { CredentialStore } from './store.ts'

const set = (id: string, password: string, ...patterns: string[]): CredentialSet => {
  return { id, username: 'admin', password: new Secret(password), for: patterns }
}

test('sets are tried in the order of the file, then of the store; each user and password once, and only where meant', async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'book-'))
  t.after(() => rmSync(stateDir, { recursive: true }))
  const store = new CredentialStore(stateDir, '')
  await store.add(set('', 'stored'), [])
  await store.add(set('', 'second'), ['maker:axis'])
  const configured = [set('config-1', 'second', 'host:10.0.0.0/8'), set('config-2', 'first')]
  const book = await CredentialBook.open({ stateDir, store, configured, onTrouble: assert.fail, clock: systemClock })
  const passwords = (address: string, maker: string) =>
    book.setsFor({ address, port: 80, cameras: [], makers: [maker] }).map(({ password }) => password.reveal())
  assert.deepEqual(passwords('10.0.0.1', 'AXIS'), ['second', 'first', 'stored'])
  assert.deepEqual(passwords('11.0.0.1', 'AXIS'), ['first', 'stored', 'second'])
  assert.deepEqual(passwords('11.0.0.1', 'other'), ['first', 'stored'])
})

test('a store that changes is read again at once; one that can not be read is told once and leaves what was known', async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'book-'))
  t.after(() => rmSync(stateDir, { recursive: true }))
  const store = new CredentialStore(stateDir, '')
  const troubles: string[] = []
  const onTrouble = (message: string) => troubles.push(message)
  const book = await CredentialBook.open({ stateDir, store, configured: [], onTrouble, clock: systemClock })
  const stop = new AbortController()
  const change = Promise.withResolvers<void>()
  const watching = book.watch(() => change.resolve(), stop.signal)
  await store.add(set('', 'new'), [])
  await change.promise
  assert.deepEqual(
    book.sets().map(({ password }) => password.reveal()),
    ['new'],
  )
  stop.abort()
  await watching
  chmodSync(join(stateDir, 'credentials.key'), 0o644)
  const closed = await CredentialBook.open({
    stateDir,
    store,
    configured: [set('config-1', 'x')],
    onTrouble,
    clock: systemClock,
  })
  assert.equal(troubles.length, 1)
  assert.match(troubles[0] ?? '', /chmod 600/)
  assert.equal(closed.sets().length, 1)
  assert.equal(closed.mark('a'), closed.mark('a'))
})
