import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { systemClock } from '../../agent/base/clock.ts'
import { newId } from '../../agent/base/ids.ts'
import { Accounts } from '../accounts/accounts.ts'
import { KeyBox } from '../accounts/key-box.ts'
import { MediaKeys } from '../accounts/media-keys.ts'
import { Consent } from '../consent/consent.ts'
import { FileMediaStore } from '../media-store/file-media-store.ts'
import { openStore } from '../store/open-store.ts'
import { Items } from './items.ts'
import { Verifier } from './verifier.ts'

const PICTURE = Buffer.from('a picture')

/** Items over real records, with an account whose box `agent` has leave for snapshots of its one camera. */
async function house(t: TestContext, allows: () => Promise<boolean>) {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-items-'))
  const media = join(folder, 'media')
  mkdirSync(media)
  const db = await openStore(join(folder, 'bridge.db'))
  t.after(() => db.destroy())
  const clock = systemClock
  const keyBox = await KeyBox.open(join(folder, 'key'))
  const person = { name: 'A', email: 'a@example.org', username: 'anna', password: 'x'.repeat(12) }
  const { account } = await new Accounts({ db, keyBox, clock }).create(person)
  const nobody = { sendGrant() {}, onRevoked: async () => {}, onChange() {} }
  const consent = new Consent({ db, keyBox, clock, ...nobody })
  consent.allows = allows
  const mediaStore = new FileMediaStore(media)
  const mediaKeys = new MediaKeys(db, keyBox)
  const verifier = new Verifier(clock)
  t.after(() => verifier[Symbol.asyncDispose]())
  const items = new Items({ db, clock, consent, mediaKeys, mediaStore, verifier, onChange() {} })
  const finished = (agent: string) => {
    const upload = newId(24)
    const file = join(folder, upload)
    writeFileSync(file, PICTURE)
    const metadata = {
      item: newId(),
      camera: newId(),
      kind: 'snapshot' as const,
      contentType: 'image/jpeg' as const,
      takenAt: clock.nowMs(),
      durationMs: 0,
      sha256: createHash('sha256').update(PICTURE).digest('hex'),
      grantSerial: 1,
      reason: 'granted',
    }
    return { device: { agent, account }, upload, file, bytes: PICTURE.length, metadata }
  }
  const blobs = () => readdirSync(media, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const doomed = () => db.selectFrom('doomed_blobs').selectAll().execute()
  return { items, finished, blobs, doomed }
}

it('an item that was revoked while it was taken in leaves neither blob nor trace', async (t) => {
  const { items, finished, blobs, doomed } = await house(t, async () => false)
  await assert.rejects(items.keep(finished('agentaaaaaaaaaaa')), { status_code: 403 })
  assert.deepEqual([blobs(), await doomed()], [[], []])
})

it('an item that the records refuse leaves neither blob nor trace', async (t) => {
  const { items, finished, blobs, doomed } = await house(t, async () => true)
  // The box was removed meanwhile: the row's reference leads nowhere.
  await assert.rejects(items.keep(finished('agentbbbbbbbbbbb')), /FOREIGN KEY/)
  assert.deepEqual([blobs(), await doomed()], [[], []])
})
