import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { newId } from '../../agent/base/ids.ts'
import { FileMediaStore } from './file-media-store.ts'
import { BLOB_KEY_LENGTH } from './media-store.ts'

function house() {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-media-'))
  const file = join(folder, 'incoming')
  writeFileSync(file, 'picture')
  return { folder, file, store: new FileMediaStore(join(folder, 'media')), blob: newId(BLOB_KEY_LENGTH) }
}

describe('the media store of files', () => {
  it('takes a file over and reads it back, whole or in part', async () => {
    const { store, file, blob } = house()
    await store.adopt(blob, file)
    assert.equal(existsSync(file), false)
    assert.equal(String(await buffer(await store.read(blob, { start: 0, end: 6 }))), 'picture')
    assert.equal(String(await buffer(await store.read(blob, { start: 2, end: 3 }))), 'ct')
  })

  it('removes for good, also twice', async () => {
    const { store, file, blob, folder } = house()
    await store.adopt(blob, file)
    await store.remove(blob)
    await store.remove(blob)
    assert.deepEqual(readdirSync(join(folder, 'media', blob.slice(0, 2))), [])
    await assert.rejects(store.read(blob, { start: 0, end: 0 }), { kind: 'storage' })
  })

  it('takes no key that could lead elsewhere', async () => {
    const { store, file } = house()
    for (const key of ['../../etc/passwd', '', 'a'.repeat(31), `${'a'.repeat(31)}/`]) {
      await assert.rejects(store.adopt(key, file), { kind: 'invalid' })
    }
  })
})
