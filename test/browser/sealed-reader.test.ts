import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { ageIdentityText, ageRecipientOf, newAgeIdentity } from '../../agent/protocol/age.ts'
import { newEnvelope } from '../../agent/protocol/media-envelope.ts'
import { sealed } from '../../agent/protocol/media-stream.ts'
import { Keys, newIdentity, recipientOf, type Shelf, unwrapWith } from '../../cloud-bridge/console/vault/keys.ts'
import { PIECE_BYTES_MAX, Reader } from '../../cloud-bridge/console/vault/reader.ts'
import {
  CHUNK_BYTES,
  openChunk,
  openHead,
  SEALED_CHUNK_BYTES,
  type WebKey,
} from '../../cloud-bridge/console/vault/sealed-item.ts'

const LABEL = {
  item: 'abcdefgh23456723',
  camera: 'camera2345672345',
  kind: 'clip',
  contentType: 'video/mp4',
  takenAt: 1_700_000_000_000,
  durationMs: 3000,
  reason: 'motion',
} as const
const OWNER = newAgeIdentity()
const ITEM = LABEL.item

/** An item as a box encrypts it, head and chunks, and a reader of these (or of what became of them on the way). */
async function sealedItem(plainBytes: number, recipients = [ageRecipientOf(OWNER)], label: object = LABEL) {
  const plain = randomBytes(plainBytes)
  const { head, cipher } = newEnvelope({ ...LABEL, ...label }, plainBytes, recipients)
  const chunks = await buffer(sealed(cipher, plainBytes, Readable.from([plain])))
  return { plain, head, chunks, bytes: Buffer.concat([head, chunks]) }
}

function readerOf(bytes: Buffer, identities: readonly string[] = [ageIdentityText(OWNER)]) {
  const asked: [number, number][] = []
  const fetchSealed = async (_: string, start: number, end: number) => {
    asked.push([start, end])
    return new Uint8Array(bytes.subarray(start, end + 1))
  }
  return { reader: new Reader(fetchSealed, unwrapWith(identities)), asked }
}

async function readAll(reader: Reader): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let at = 0, all = 1; at < all; ) {
    const { bytes, end, plainBytes } = await reader.read(ITEM, at)
    pieces.push(Buffer.from(bytes))
    at = end + 1
    all = plainBytes
  }
  return Buffer.concat(pieces)
}

describe("the browser's reader of encrypted items", () => {
  it('gives back what a box encrypted, of any length', async () => {
    for (const length of [1, 65_535, 65_536, 65_537, 3 * CHUNK_BYTES, PIECE_BYTES_MAX + 1, 2_500_000]) {
      const { plain, bytes } = await sealedItem(length)
      assert.deepEqual(await readAll(readerOf(bytes).reader), plain, String(length))
    }
  })

  it('jumps to any place with the chunks of that place alone, a megabyte at most', async () => {
    const { plain, head, bytes } = await sealedItem(3_000_000)
    const { reader, asked } = readerOf(bytes)
    await reader.look(ITEM)
    asked.length = 0
    for (const [start, end] of [
      [0, 0],
      [65_535, 65_536],
      [1_500_000, 1_500_001],
      [2_999_999, 2_999_999],
    ] as const) {
      const piece = await reader.read(ITEM, start, end)
      assert.deepEqual(Buffer.from(piece.bytes), plain.subarray(start, end + 1))
      const [from = 0, to = 0] = asked.pop() ?? []
      assert.equal((from - head.length) % SEALED_CHUNK_BYTES, 0)
      assert.ok(to - from < 2 * SEALED_CHUNK_BYTES)
    }
    assert.ok((await reader.read(ITEM, 70_000)).bytes.length <= PIECE_BYTES_MAX)
    assert.deepEqual(asked.length, 1, 'the head is read once')
    await assert.rejects(reader.read(ITEM, 3_000_000), RangeError)
  })

  it('refuses what is changed, moved, doubled, cut off, or another item’s', async () => {
    const { head, chunks, bytes } = await sealedItem(4 * CHUNK_BYTES)
    const other = await sealedItem(4 * CHUNK_BYTES)
    const chunk = (n: number, of = chunks) => of.subarray(n * SEALED_CHUNK_BYTES, (n + 1) * SEALED_CHUNK_BYTES)
    const [a, b, c, d] = [chunk(0), chunk(1), chunk(2), chunk(3)]
    const flipped = Buffer.from(bytes)
    flipped[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    const otherTime = Buffer.from(bytes)
    otherTime[bytes.indexOf('1700000000000')] = 0x32
    for (const [what, came] of [
      ['changed', flipped],
      ['moved', Buffer.concat([head, b, a, c, d])],
      ['doubled', Buffer.concat([head, a, a, c, d])],
      ['not the last', Buffer.concat([head, a, b, c, chunk(2)])],
      ['another item’s', Buffer.concat([head, a, chunk(1, other.chunks), c, d])],
      ['cut off', bytes.subarray(0, -1)],
      ['without its last chunk', bytes.subarray(0, -SEALED_CHUNK_BYTES)],
      ['its label changed', otherTime],
      ['no item', Buffer.from('<!doctype html>'.repeat(400))],
      ['its head cut off', head.subarray(0, 60)],
    ] as const) {
      await assert.rejects(readAll(readerOf(came).reader), { refusal: 'damaged' }, what)
    }
    const renamed = await sealedItem(10, undefined, { item: 'zzzzzzzz23456723' })
    await assert.rejects(readAll(readerOf(renamed.bytes).reader), { refusal: 'damaged' }, 'given out for another')
    const later = Buffer.from(bytes)
    later[7] = 2
    await assert.rejects(readAll(readerOf(later).reader), { refusal: 'newer' })
  })

  it('opens nothing without the right key, and all with one of several', async () => {
    const stranger = ageIdentityText(newAgeIdentity())
    const { plain, bytes } = await sealedItem(1000, [ageRecipientOf(newAgeIdentity()), ageRecipientOf(OWNER)])
    await assert.rejects(readerOf(bytes, []).reader.look(ITEM), { refusal: 'no-key' })
    await assert.rejects(readerOf(bytes, [stranger]).reader.look(ITEM), { refusal: 'no-key' })
    assert.deepEqual(await readAll(readerOf(bytes, [stranger, ageIdentityText(OWNER)]).reader), plain)
  })

  it('tells those who play live streams what opens their chunks', async () => {
    const { plain, head, chunks } = await sealedItem(CHUNK_BYTES + 5)
    const opened = await openHead(new Uint8Array(head), unwrapWith([ageIdentityText(OWNER)]))
    assert.equal(opened.chunkBytes, CHUNK_BYTES)
    assert.equal(opened.key.extractable, false)
    const last = await openChunk(opened, 1, true, new Uint8Array(chunks.subarray(SEALED_CHUNK_BYTES)))
    assert.deepEqual(Buffer.from(last), plain.subarray(CHUNK_BYTES))
  })
})

describe('keys in the browser', () => {
  it('open as keys that cannot be read out, and are kept only where the owner says so', async () => {
    const shelf = new Map<string, WebKey>()
    const kept: Shelf = {
      all: async () => [...shelf].map(([recipient, key]) => ({ recipient, key })),
      put: async (_, recipient, key) => void shelf.set(recipient, key),
      remove: async (_, recipient) => void shelf.delete(recipient),
    }
    const [identity, spare] = [await newIdentity(), await newIdentity()]
    const { bytes, plain } = await sealedItem(100, [await recipientOf(identity)])
    const keys = new Keys('account', kept)
    await keys.add(spare, false)
    assert.equal(shelf.size, 0)
    await keys.add(identity, true)
    assert.deepEqual(
      keys.list().map((key) => key.kept),
      [false, true],
    )
    const again = new Keys('account', kept)
    await again.wake()
    const [key] = shelf.values()
    assert.ok(key)
    await assert.rejects(crypto.subtle.exportKey('pkcs8', key))
    const fetchSealed = async (_: string, start: number, end: number) => new Uint8Array(bytes.subarray(start, end + 1))
    assert.deepEqual(await readAll(new Reader(fetchSealed, again.unwrap)), plain)
    await again.forget(await recipientOf(identity))
    assert.deepEqual([again.list(), shelf.size], [[], 0])
  })
})
