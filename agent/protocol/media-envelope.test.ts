import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { newId } from '../base/ids.ts'
import { ageRecipientOf, newAgeIdentity } from './age.ts'
import { CHUNK_BYTES, type MediaCipher, SEALED_CHUNK_BYTES } from './media-cipher.ts'
import { type MediaLabel, newEnvelope, openEnvelope, parseEnvelope } from './media-envelope.ts'
import { opened, sealed, sealedRange } from './media-stream.ts'

const SEED = 20_261_123
const owner = newAgeIdentity()

const label = (): MediaLabel => ({
  item: newId(),
  camera: 'cameraaaaaaaaaaa',
  kind: 'clip',
  contentType: 'video/mp4',
  takenAt: 1_700_000_000_000,
  durationMs: 30_000,
  reason: 'motion',
})

/** Bytes that come in parts of these lengths, as a disk or a network gives them. */
async function* parts(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const length = Math.max(1, lengths[n % lengths.length] ?? bytes.length)
    yield bytes.subarray(at, at + length)
    at += length
  }
}

async function joined(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const part of source) all.push(part)
  return Buffer.concat(all)
}

async function makeItem(plain: Buffer, lengths = [CHUNK_BYTES]) {
  const { head, cipher } = newEnvelope(label(), plain.length, [ageRecipientOf(owner)])
  return { plain, head, body: await joined(sealed(cipher, plain.length, parts(plain, lengths))) }
}

function readerOf(head: Buffer): { cipher: MediaCipher; plainBytes: number } {
  const envelope = parseEnvelope(head)
  const cipher = openEnvelope(envelope, owner)
  assert.ok(cipher)
  return { cipher, plainBytes: envelope.plainBytes }
}

const whole = (plainBytes: number) => ({ start: 0, end: plainBytes - 1 })

/** Reads all of it as a reader would that got these chunks. */
function read(head: Buffer, body: Buffer): Promise<Buffer> {
  const { cipher, plainBytes } = readerOf(head)
  return joined(opened(cipher, plainBytes, whole(plainBytes), parts(body, [10_000])))
}

/** Lengths around the borders of chunks, where mistakes are made. */
const someBytes = fc.oneof(
  fc.constantFrom(1, 15, 16, 17, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5),
  fc.integer({ min: 1, max: 4 * CHUNK_BYTES }),
)
const someLengths = fc.array(fc.integer({ min: 1, max: 3 * CHUNK_BYTES }), { minLength: 1, maxLength: 5 })

describe('an encrypted item', () => {
  it('comes back byte for byte, whatever its length and however it is handed over', async () => {
    await fc.assert(
      fc.asyncProperty(someBytes, someLengths, async (bytes, lengths) => {
        const { plain, head, body } = await makeItem(randomBytes(bytes), lengths)
        assert.equal(body.length, parseEnvelope(head).sealedBytes)
        assert.deepEqual(await read(head, body), plain)
      }),
      { seed: SEED, numRuns: 60 },
    )
  })

  it('is read from any place to any other by the chunks that hold it alone', async () => {
    const { plain, head, body } = await makeItem(randomBytes(3 * CHUNK_BYTES + 777))
    const { cipher } = readerOf(head)
    const place = fc.oneof(
      fc.constantFrom(0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES, plain.length - 1),
      fc.integer({ min: 0, max: plain.length - 1 }),
    )
    await fc.assert(
      fc.asyncProperty(place, place, async (a, b) => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) }
        const { start, end } = sealedRange(plain.length, range)
        assert.ok(end - start < range.end - range.start + 3 * SEALED_CHUNK_BYTES)
        const bytes = await joined(opened(cipher, plain.length, range, parts(body.subarray(start, end + 1), [50_000])))
        assert.deepEqual(bytes, plain.subarray(range.start, range.end + 1))
      }),
      { seed: SEED, numRuns: 60 },
    )
  })

  it('shows nothing of what is in it', async () => {
    const canary = Buffer.from('canary-'.repeat(20_000))
    const { body } = await makeItem(canary)
    assert.equal(canary.includes('canary-canary'), true)
    assert.equal(body.includes('canary'), false)
  })

  it('has a key of its own: two of the same bytes have nothing in common', async () => {
    const plain = Buffer.alloc(CHUNK_BYTES)
    const [one, other] = [await makeItem(plain), await makeItem(plain)]
    assert.notDeepEqual(one.body, other.body)
    await assert.rejects(read(one.head, other.body), { kind: 'invalid' })
  })

  it('is refused when a single bit of it is changed, wherever', async () => {
    const { head, body } = await makeItem(randomBytes(2 * CHUNK_BYTES + 100))
    const bit = fc.integer({ min: 0, max: body.length * 8 - 1 })
    await fc.assert(
      fc.asyncProperty(bit, async (n) => {
        const changed = Buffer.from(body)
        changed[n >> 3] = (changed[n >> 3] ?? 0) ^ (1 << (n & 7))
        await assert.rejects(read(head, changed), { kind: 'invalid' })
      }),
      { seed: SEED, numRuns: 60 },
    )
  })

  it('is refused when a chunk is missing, doubled, moved or another item\u2019s, or the end is cut or grown', async () => {
    const { head, body, plain } = await makeItem(randomBytes(4 * CHUNK_BYTES + 50))
    const foreign = await makeItem(plain)
    const cut = (from: Buffer) =>
      Array.from({ length: 5 }, (_, i) => from.subarray(i * SEALED_CHUNK_BYTES, (i + 1) * SEALED_CHUNK_BYTES))
    const [own, others] = [cut(body), cut(foreign.body)]
    const order = fc.array(fc.nat({ max: 9 }), { maxLength: 7 })
    await fc.assert(
      fc.asyncProperty(order, async (indices) => {
        fc.pre(indices.join() !== '0,1,2,3,4')
        const forged = Buffer.concat(indices.map((i) => (i < 5 ? own[i] : others[i - 5]) ?? Buffer.alloc(0)))
        await assert.rejects(read(head, forged), { kind: 'invalid' })
      }),
      {
        seed: SEED,
        numRuns: 100,
        examples: [[[]], [[0, 1, 2, 3]], [[0, 1, 3, 2, 4]], [[0, 1, 2, 3, 4, 4]], [[5, 1, 2, 3, 4]]],
      },
    )
    await assert.rejects(read(head, body.subarray(0, -1)), { kind: 'invalid' })
    await assert.rejects(read(head, Buffer.concat([body, Buffer.alloc(1)])), { kind: 'invalid' })
    assert.deepEqual(await read(head, body), plain)
  })

  it('is refused when anything in its head is changed: its name, its length, its key', async () => {
    const { head, body } = await makeItem(randomBytes(100))
    for (let at = 0; at < head.length; at += 1) {
      const changed = Buffer.from(head)
      changed[at] = (changed[at] ?? 0) ^ 1
      await assert.rejects(
        async () => read(changed, body),
        (error) => error instanceof Error,
        `byte ${at}`,
      )
    }
  })

  it('says that it is of a newer release where it is', async () => {
    const { head } = await makeItem(randomBytes(10))
    for (const at of [7, 10, 11]) {
      const newer = Buffer.from(head)
      newer[at] = (newer[at] ?? 0) + 1
      assert.throws(() => parseEnvelope(newer), { kind: 'unsupported' })
    }
  })

  it('has an end that opens as the end alone, and a middle that never does', async () => {
    const { head, body } = await makeItem(randomBytes(CHUNK_BYTES + 10))
    const { cipher } = readerOf(head)
    const [first, last] = [body.subarray(0, SEALED_CHUNK_BYTES), body.subarray(SEALED_CHUNK_BYTES)]
    assert.equal(cipher.open(0, false, first).length + cipher.open(1, true, last).length, CHUNK_BYTES + 10)
    assert.throws(() => cipher.open(0, true, first), { kind: 'invalid' })
    assert.throws(() => cipher.open(1, false, last), { kind: 'invalid' })
  })

  it('is not made of a file that is shorter or longer than was said', async () => {
    for (const actual of [CHUNK_BYTES - 1, CHUNK_BYTES + 1, 3 * CHUNK_BYTES]) {
      const { cipher } = newEnvelope(label(), CHUNK_BYTES, [ageRecipientOf(owner)])
      await assert.rejects(joined(sealed(cipher, CHUNK_BYTES, parts(randomBytes(actual), [1000]))), { kind: 'storage' })
    }
  })
})
