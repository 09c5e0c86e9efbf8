import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { ageRecipientOf, newAgeIdentity } from '../../agent/protocol/age.ts'
import { SEALED_CHUNK_BYTES } from '../../agent/protocol/media-cipher.ts'
import { MediaLabel, newEnvelope, openEnvelope, parseEnvelope } from '../../agent/protocol/media-envelope.ts'
import { opened, sealed } from '../../agent/protocol/media-stream.ts'
import { openStore } from '../store/open-store.ts'
import { ItemList, PrivacyView } from '../web/api.ts'
import { type Browser, claimBox, grantOf, newFolder, PASSWORD, type Picture, setUp, start } from './bed.test.ts'

const PLAIN_BYTES = 200_000

/** A bridge, an owner and a box that may send snapshots, and whom it is to encrypt for. */
async function house(t: TestContext) {
  const data = newFolder()
  const bridge = await start(t, data)
  const owner = await setUp(bridge)
  const box = await claimBox(bridge, owner)
  const line = await box.connect(t)
  await line.subscribe()
  await line.tellCamera()
  await owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds: ['snapshot'] })
  const recipientsOf = async (serial: number) => grantOf((await line.grant(serial)).json).recipients
  const recipients = await recipientsOf(1)
  const picture = (size = PLAIN_BYTES) => box.picture({}, size)
  return { data, bridge, owner, box, line, recipients, recipientsOf, picture }
}

/** The picture encrypted for these recipients, as a box of today sends it. */
async function sealedPicture(picture: Picture, recipients: readonly string[]): Promise<Picture> {
  const { bytes, metadata } = picture
  const { head, cipher } = newEnvelope(MediaLabel.parse(metadata), bytes.length, recipients)
  const chunks = await buffer(sealed(cipher, bytes.length, Readable.from([bytes])))
  const sha256 = createHash('sha256').update(chunks).digest('hex')
  return { bytes: chunks, metadata: { ...metadata, sha256, envelope: head.toString('base64url') } }
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

const withSha = ({ bytes, metadata }: Picture): Picture => ({
  bytes,
  metadata: { ...metadata, sha256: createHash('sha256').update(bytes).digest('hex') },
})

async function bytesOf(owner: Browser, path: string, headers: Record<string, string> = {}) {
  const response = await owner.request('GET', `/api/v1${path}`, undefined, headers)
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}

async function itemsOf(owner: Browser, camera: string) {
  return ItemList.parse(await (await owner.api('GET', `/cameras/${camera}/items`)).json()).items
}

describe('encrypted media', () => {
  it('lie here as ciphertext, and go to their owner as they were taken, whole or in part', async (t) => {
    const { data, owner, box, recipients, picture } = await house(t)
    const plain = picture()
    const sent = await sealedPicture(plain, recipients)
    assert.equal((await box.upload(sent)).status, 204)
    const [item] = await itemsOf(owner, box.camera)
    assert.deepEqual([item?.encrypted, item?.locked, item?.bytes], [true, false, sent.bytes.length])
    const content = `/items/${item?.id}/content`
    const whole = await bytesOf(owner, content)
    assert.deepEqual(whole.bytes, plain.bytes)
    assert.equal(whole.headers.get('content-length'), String(PLAIN_BYTES))
    for (const [range, status, start, end] of [
      ['bytes=0-0', 206, 0, 1],
      ['bytes=65535-65536', 206, 65_535, 65_537],
      ['bytes=131072-', 206, 131_072, PLAIN_BYTES],
      ['bytes=-1', 206, PLAIN_BYTES - 1, PLAIN_BYTES],
      ['bytes=0-999999', 206, 0, PLAIN_BYTES],
      [`bytes=${PLAIN_BYTES}-`, 416, 0, 0],
    ] as const) {
      const part = await bytesOf(owner, content, { range })
      assert.equal(part.status, status, range)
      assert.deepEqual(part.bytes, plain.bytes.subarray(start, end), range)
    }
    const [blob] = filesIn(join(data, 'media'))
    assert.deepEqual(readFileSync(blob ?? ''), sent.bytes)
  })

  it('are taken as they come from boxes of before, and marked', async (t) => {
    const { owner, box, picture } = await house(t)
    const plain = picture()
    assert.equal((await box.upload(plain)).status, 204)
    const [item] = await itemsOf(owner, box.camera)
    assert.deepEqual([item?.encrypted, item?.locked], [false, false])
    assert.deepEqual((await bytesOf(owner, `/items/${item?.id}/content`)).bytes, plain.bytes)
    assert.equal((await bytesOf(owner, `/items/${item?.id}/sealed`)).status, 404)
  })

  it('are refused with a chunk that is changed, moved, another item\u2019s, missing or too much', async (t) => {
    const { data, owner, box, recipients, picture } = await house(t)
    const [sent, other] = [await sealedPicture(picture(), recipients), await sealedPicture(picture(), recipients)]
    const chunk = (of: Picture, n: number) => of.bytes.subarray(n * SEALED_CHUNK_BYTES, (n + 1) * SEALED_CHUNK_BYTES)
    const own = [0, 1, 2, 3].map((n) => chunk(sent, n))
    const flipped = Buffer.from(sent.bytes)
    flipped[100_000] = (flipped[100_000] ?? 0) ^ 1
    const join2 = (order: readonly Buffer[]) => Buffer.concat(order)
    const [a = flipped, b = flipped, c = flipped, d = flipped] = own
    for (const [what, bytes, status] of [
      ['changed', flipped, 400],
      ['moved', join2([b, a, c, d]), 400],
      ['replayed', join2([chunk(other, 0), b, c, d]), 400],
      ['doubled', join2([a, a, c, d]), 400],
      ['missing', join2([a, b, c]), 400],
      ['cut short', sent.bytes.subarray(0, -1), 400],
      ['too much', join2([a, b, c, d, d]), 400],
    ] as const) {
      assert.equal((await box.upload(withSha({ ...sent, bytes }))).status, status, what)
    }
    const renamed = { ...sent, metadata: { ...sent.metadata, item: other.metadata.item } }
    assert.equal((await box.create(renamed)).status, 400, 'the envelope of another item')
    const later = { ...sent, metadata: { ...sent.metadata, takenAt: 5 } }
    assert.equal((await box.create(later)).status, 400, 'another time than the envelope says')
    const foreign = await sealedPicture(picture(), [ageRecipientOf(newAgeIdentity())])
    assert.equal((await box.upload(foreign)).status, 400, 'encrypted for somebody else')
    assert.deepEqual(await itemsOf(owner, box.camera), [])
    assert.deepEqual(filesIn(join(data, 'media')).concat(filesIn(join(data, 'uploads'))), [])
    assert.equal((await box.upload(sent)).status, 204, 'and taken when it is as it was')
  })

  it('break off where their blob was changed here, and give nothing of the changed chunk out', async (t) => {
    const { data, owner, box, recipients, picture } = await house(t)
    const plain = picture()
    await box.upload(await sealedPicture(plain, recipients))
    const [blob = ''] = filesIn(join(data, 'media'))
    const bytes = readFileSync(blob)
    bytes[2 * SEALED_CHUNK_BYTES + 5] = (bytes[2 * SEALED_CHUNK_BYTES + 5] ?? 0) ^ 1
    writeFileSync(blob, bytes)
    const content = `/items/${plain.metadata.item}/content`
    await assert.rejects(bytesOf(owner, content))
    const before = await bytesOf(owner, content, { range: 'bytes=0-131071' })
    assert.deepEqual(before.bytes, plain.bytes.subarray(0, 131_072), 'what lies before is as it was')
  })

  it('lose their key with their row: it is nowhere once they are deleted', async (t) => {
    const { data, owner, box, recipients, picture } = await house(t)
    const sent = await sealedPicture(picture(), recipients)
    await box.upload(sent)
    const { envelope } = sent.metadata
    const wrapped = parseEnvelope(Buffer.from(String(envelope), 'base64url')).wrappedKey.subarray(-40)
    const holding = (bytes: string | Buffer) => filesIn(data).filter((file) => readFileSync(file).includes(bytes))
    assert.notDeepEqual(holding(String(envelope).slice(-60)), [], 'the records have it')
    assert.equal((await owner.api('DELETE', `/items/${sent.metadata.item}`)).status, 204)
    assert.deepEqual([...holding(String(envelope).slice(-60)), ...holding(wrapped)], [])
  })

  it('can\u2019t be read any more, from whatever copy, once the account is erased: its key is gone', async (t) => {
    const { data, owner, box, recipients, picture } = await house(t)
    await box.upload(await sealedPicture(picture(), recipients))
    const db = await openStore(join(data, 'bridge.db'))
    t.after(() => db.destroy())
    const [key] = await db.selectFrom('media_keys').selectAll().execute()
    assert.equal(key?.recipient, recipients[0])
    const response = await owner.api('DELETE', '/account', { password: PASSWORD })
    assert.equal(response.status, 200, await response.text())
    assert.deepEqual(await db.selectFrom('media_keys').selectAll().execute(), [])
    for (const trace of [key?.sealed_identity ?? '', key?.recipient ?? '']) {
      assert.deepEqual(
        filesIn(data).filter((file) => readFileSync(file).includes(trace)),
        [],
        trace,
      )
    }
  })
})

describe('a private account', () => {
  it('has media encrypted for keys that only its owner holds, and the bridge says that it can\u2019t look', async (t) => {
    const { owner, box, recipients, recipientsOf, picture } = await house(t)
    const identity = newAgeIdentity()
    const own = [ageRecipientOf(identity)]
    const wrong = await owner.api('PUT', '/privacy', { recipients: own, password: 'something else' })
    assert.equal(wrong.status, 403)
    const nonsense = await owner.api('PUT', '/privacy', { recipients: ['age1nonsense'], password: PASSWORD })
    assert.equal(nonsense.status, 400)
    const set = await owner.api('PUT', '/privacy', { recipients: own, password: PASSWORD })
    assert.deepEqual(PrivacyView.parse(await set.json()), { mode: 'private', recipients: own })
    assert.deepEqual(await recipientsOf(2), own, 'the boxes hear it at once')

    assert.equal((await box.upload(picture())).status, 400, 'nothing in the clear')
    assert.equal((await box.upload(await sealedPicture(picture(), recipients))).status, 400, 'nothing for the bridge')
    const plain = picture()
    const sent = await sealedPicture(plain, own)
    assert.equal((await box.upload(sent)).status, 204)
    const [item, ...more] = await itemsOf(owner, box.camera)
    assert.deepEqual([item?.id, item?.locked, more.length], [plain.metadata.item, true, 0])
    const content = await bytesOf(owner, `/items/${item?.id}/content`)
    assert.equal(content.status, 415)
    assert.equal(JSON.parse(String(content.bytes)).error, 'locked')

    const { bytes } = await bytesOf(owner, `/items/${item?.id}/sealed`)
    const head = bytes.subarray(0, bytes.readUInt16BE(8))
    for (const [start, end] of [
      [0, 0],
      [0, head.length],
      [head.length - 1, head.length],
      [head.length, head.length + 65_551],
      [100_000, bytes.length - 1],
    ] as const) {
      const part = await bytesOf(owner, `/items/${item?.id}/sealed`, { range: `bytes=${start}-${end}` })
      assert.deepEqual([part.status, part.bytes], [206, bytes.subarray(start, end + 1)], `${start}-${end}`)
      assert.equal(part.headers.get('content-range'), `bytes ${start}-${end}/${bytes.length}`)
    }
    const envelope = parseEnvelope(head)
    const cipher = openEnvelope(envelope, identity)
    assert.ok(cipher)
    const range = { start: 0, end: envelope.plainBytes - 1 }
    async function* chunks() {
      yield bytes.subarray(head.length)
    }
    const pieces: Buffer[] = []
    for await (const piece of opened(cipher, envelope.plainBytes, range, chunks())) pieces.push(piece)
    assert.deepEqual(Buffer.concat(pieces), plain.bytes, 'its owner reads it')

    const archive = Buffer.from(await (await owner.api('GET', '/export')).arrayBuffer())
    assert.ok(archive.includes(bytes), 'the archive has head and chunks')
    assert.ok(archive.includes(`${plain.metadata.item}.jpg.lenscap`))

    await owner.api('PUT', '/privacy', { recipients: [], password: PASSWORD })
    assert.deepEqual(await recipientsOf(3), recipients, 'and back')
  })

  it('has its clips linked to the snapshots of their events, in the console and in the archive', async (t) => {
    const { owner, box, recipientsOf } = await house(t)
    await owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds: ['snapshot', 'clip'] })
    await owner.api('PUT', '/privacy', { recipients: [ageRecipientOf(newAgeIdentity())], password: PASSWORD })
    const own = await recipientsOf(3)
    const takenAt = Date.now() - 60_000
    const sent = (over: Picture['metadata'] | object) => box.picture({ grantSerial: 3, reason: 'motion', ...over }, 100)
    const clip = sent({ kind: 'clip', contentType: 'video/mp4', takenAt, durationMs: 20_000 })
    const snapshot = sent({ takenAt: takenAt + 10_000 })
    const scheduled = sent({ takenAt: takenAt + 9000, reason: 'schedule' })
    for (const each of [clip, scheduled, snapshot]) {
      assert.equal((await box.upload(await sealedPicture(each, own))).status, 204)
    }
    const items = await itemsOf(owner, box.camera)
    assert.deepEqual(
      items.map(({ kind, thumbnail }) => [kind, thumbnail]),
      [
        ['snapshot', null],
        ['snapshot', null],
        ['clip', { item: snapshot.metadata.item, locked: true }],
      ],
    )
    const archive = Buffer.from(await (await owner.api('GET', '/export')).arrayBuffer())
    assert.ok(archive.includes(`"thumbnail": "${snapshot.metadata.item}"`))
  })

  it('is nobody else\u2019s to read or to set', async (t) => {
    const { bridge } = await house(t)
    for (const method of ['GET', 'PUT']) {
      const response = await fetch(new URL('/api/v1/privacy', bridge.httpUrl), {
        method,
        headers: { 'x-lenscap': '1' },
      })
      assert.equal(response.status, 401, method)
    }
  })

  it('keeps a canary out of everything that the bridge has on disk', async (t) => {
    const { data, owner, box, recipientsOf, picture } = await house(t)
    await owner.api('PUT', '/privacy', { recipients: [ageRecipientOf(newAgeIdentity())], password: PASSWORD })
    const canary = `canary-${randomBytes(12).toString('hex')}`
    const plain = picture()
    plain.bytes.write(canary, 1000)
    writeFileSync(join(data, 'control'), plain.bytes)
    assert.equal((await box.upload(await sealedPicture(plain, await recipientsOf(2)))).status, 204)
    const holding = filesIn(data).filter((file) => readFileSync(file).includes(canary))
    assert.deepEqual(holding, [join(data, 'control')], 'found where it is, and nowhere else')
  })
})
