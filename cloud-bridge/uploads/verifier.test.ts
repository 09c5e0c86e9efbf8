import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../../agent/base/clock.ts'
import { newId } from '../../agent/base/ids.ts'
import { ageRecipientOf, newAgeIdentity } from '../../agent/protocol/age.ts'
import { CHUNK_BYTES } from '../../agent/protocol/media-cipher.ts'
import { newEnvelope } from '../../agent/protocol/media-envelope.ts'
import { Verifier } from './verifier.ts'

const identity = newAgeIdentity()
/** More chunks than are gathered for one write, and a last one that is not whole. */
const PLAIN_BYTES = 11 * CHUNK_BYTES + 1234

/** An item as a box sends it: its chunks, and what is said of them where they are put together like this. */
function item(arrange = (chunks: Buffer[]) => chunks) {
  const label = { item: newId(), camera: newId(), kind: 'clip', contentType: 'video/mp4' } as const
  const words = { ...label, takenAt: 1, durationMs: 1, reason: 'motion' }
  const { head, cipher } = newEnvelope(words, PLAIN_BYTES, [ageRecipientOf(identity)])
  const plain = randomBytes(PLAIN_BYTES)
  const last = Math.floor(PLAIN_BYTES / CHUNK_BYTES)
  const chunks = Array.from({ length: last + 1 }, (_, n) =>
    cipher.seal(n, n === last, plain.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES)),
  )
  const bytes = Buffer.concat(arrange(chunks))
  const file = join(mkdtempSync(join(tmpdir(), 'lenscap-verify-')), 'upload')
  writeFileSync(file, '')
  const said = { sha256: createHash('sha256').update(bytes).digest('hex'), envelope: head.toString('base64url') }
  return { bytes, job: { file, said, identity } }
}

function verifier(t: TestContext, program?: URL): Verifier {
  const made = new Verifier(systemClock, program)
  t.after(() => made[Symbol.asyncDispose]())
  return made
}

/** Pieces of every size, each in memory of its own. */
function* pieces(bytes: Buffer): Generator<Buffer[]> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 100_003) {
    yield [Buffer.from(bytes.subarray(at, at + size))]
  }
}

async function send(to: Verifier, upload: string, { bytes, job }: ReturnType<typeof item>, from = 0, until = Infinity) {
  await to.open(upload, job, from)
  for (const some of pieces(bytes.subarray(from, until))) await to.take(upload, some)
  return await to.shut(upload)
}

describe('a transfer that is verified as it comes', () => {
  it('is in its file as it was sent, and opens', async (t) => {
    const verifies = verifier(t)
    const sent = item()
    assert.equal(await send(verifies, 'a', sent), sent.bytes.length)
    assert.deepEqual(readFileSync(sent.job.file), sent.bytes)
    assert.equal(await verifies.finish('a', sent.job, sent.bytes.length), 'us')
  })

  it('goes on in another request, and in another life of the bridge, at any byte', async (t) => {
    const sent = item()
    const [first, second] = [verifier(t), verifier(t)]
    assert.equal(await send(first, 'a', sent, 0, 100_001), 100_001)
    assert.equal(await send(first, 'a', sent, 100_001, 600_007), 600_007)
    await first[Symbol.asyncDispose]()
    assert.equal(await send(second, 'a', sent, 600_007), sent.bytes.length)
    assert.deepEqual(readFileSync(sent.job.file), sent.bytes)
    assert.equal(await second.finish('a', sent.job, sent.bytes.length), 'us')
  })

  it('is read anew where the thread knows nothing of it', async (t) => {
    const sent = item()
    writeFileSync(sent.job.file, sent.bytes)
    assert.equal(await verifier(t).finish('a', sent.job, sent.bytes.length), 'us')
  })

  it('goes nowhere but to the end of its file', async (t) => {
    const verifies = verifier(t)
    const { job } = item()
    await assert.rejects(verifies.open('a', job, 5), { status_code: 409 })
    await assert.rejects(verifies.take('a', [Buffer.from('x')]), { kind: 'storage' })
  })

  const swapped = ([one = Buffer.alloc(0), other = Buffer.alloc(0), ...rest]: Buffer[]) => [other, one, ...rest]
  const flipped = (chunks: Buffer[]) => {
    chunks.at(-1)?.writeUInt8((chunks.at(-1)?.readUInt8(7) ?? 0) ^ 1, 7)
    return chunks
  }
  const cases = {
    flipped,
    reordered: swapped,
    replayed: (chunks: Buffer[]) => [...chunks.slice(0, 1), ...chunks.slice(0, -1)],
    missing: (chunks: Buffer[]) => chunks.slice(0, -1),
  }
  for (const [what, arrange] of Object.entries(cases)) {
    it(`is refused with a chunk that is ${what}`, async (t) => {
      const verifies = verifier(t)
      const sent = item(arrange)
      await send(verifies, 'a', sent)
      await assert.rejects(verifies.finish('a', sent.job, sent.bytes.length), { status_code: 400 })
    })
  }

  it('is refused where it is not what the box said', async (t) => {
    const verifies = verifier(t)
    const sent = item()
    const job = { ...sent.job, said: { ...sent.job.said, sha256: '0'.repeat(64) } }
    await send(verifies, 'a', { ...sent, job })
    await assert.rejects(verifies.finish('a', job, sent.bytes.length), { status_code: 460 })
  })

  it('fails on a full disk, and the next one is taken', async (t) => {
    const verifies = verifier(t)
    const sent = item()
    await assert.rejects(send(verifies, 'a', { ...sent, job: { ...sent.job, file: '/dev/full' } }), {
      kind: 'storage',
      message: /ENOSPC/,
    })
    assert.equal(await send(verifies, 'a', sent), sent.bytes.length)
    assert.equal(await verifies.finish('a', sent.job, sent.bytes.length), 'us')
  })

  it('is forgotten in its middle when it is dropped', async (t) => {
    const verifies = verifier(t)
    const sent = item()
    await verifies.open('a', sent.job, 0)
    await verifies.take('a', [Buffer.from(sent.bytes.subarray(0, 70_000))])
    verifies.drop('a')
    rmSync(sent.job.file)
    await assert.rejects(verifies.take('a', [Buffer.from('x')]), { kind: 'storage' })
    await assert.rejects(verifies.finish('a', sent.job, sent.bytes.length), { kind: 'storage' })
  })

  it('tells who waits when the thread dies, and starts another', async (t) => {
    // Lives for one question, and dies of the second.
    const program = `import { parentPort } from 'node:worker_threads'
      let asked = 0
      parentPort.on('message', ({ question }) => asked++ > 0 ? process.exit(1) : parentPort.postMessage({ question, bytes: 0 }))`
    const verifies = verifier(t, new URL(`data:text/javascript,${encodeURIComponent(program)}`))
    const { job } = item()
    for (const _ of [1, 2]) {
      await verifies.open('a', job, 0)
      await assert.rejects(verifies.finish('a', job, 1), { kind: 'storage', message: /thread.*ended/ })
    }
  })
})
