import { createHash, type KeyObject } from 'node:crypto'
import { open } from 'node:fs/promises'
import { describeError } from '../../agent/base/errors.ts'
import { chunksOf, type MediaCipher, SEALED_CHUNK_BYTES } from '../../agent/protocol/media-cipher.ts'
import { type MediaEnvelope, openEnvelope, parseEnvelope } from '../../agent/protocol/media-envelope.ts'
import type { UploadMetadata } from '../../agent/protocol/upload.ts'
import { Refusal } from './refusal.ts'

// Whole chunks, several at a time: few calls into the disk, and none is put together from two reads.
const READ_BYTES = 8 * SEALED_CHUNK_BYTES

/** Who can read an item. */
export type Reader = 'anybody' | 'us' | 'owner'

/**
 * The head of what a box is about to send; undefined where it sends the item as it is.
 * @throws Refusal 400 for a head that is damaged, or is of something else than the box says
 */
export function envelopeOf(metadata: UploadMetadata, uploadBytes: number): MediaEnvelope | undefined {
  if (metadata.envelope === undefined) return undefined
  const envelope = parsed(metadata.envelope)
  const said = Object.entries(envelope.label).every(
    ([name, value]) => new Map(Object.entries(metadata)).get(name) === value,
  )
  if (!said || envelope.sealedBytes !== uploadBytes) throw new Refusal(400, 'The envelope is that of another item')
  return envelope
}

/**
 * Reads a finished transfer through: whether it is what the box said, and where it is encrypted for us, whether every
 * chunk opens and none is missing.
 * @throws Refusal 460 where the bytes are not what was said, 400 where they are, but a chunk does not open
 */
export async function verify(file: string, metadata: UploadMetadata, identity: KeyObject | undefined): Promise<Reader> {
  const envelope = metadata.envelope === undefined ? undefined : parsed(metadata.envelope)
  const cipher = envelope && identity && refusing(() => openEnvelope(envelope, identity))
  const hash = createHash('sha256')
  let damage: unknown
  let [number, last] = [0, chunksOf(envelope?.plainBytes ?? 0) - 1]
  for await (const some of pieces(file)) {
    hash.update(some)
    for (let at = 0; cipher && damage === undefined && at < some.length; at += SEALED_CHUNK_BYTES, number += 1) {
      damage = damageOf(cipher, number, number === last, some.subarray(at, at + SEALED_CHUNK_BYTES))
    }
  }
  if (hash.digest('hex') !== metadata.sha256) throw notWhatWasSaid()
  if (cipher && damage === undefined && number !== last + 1) damage = 'The item is not as long as it was'
  if (damage !== undefined) throw new Refusal(400, describeError(damage))
  if (!envelope) return 'anybody'
  return cipher ? 'us' : 'owner'
}

function damageOf(cipher: MediaCipher, number: number, isLast: boolean, chunk: Buffer): unknown {
  try {
    cipher.open(number, isLast, chunk)
    return undefined
  } catch (error) {
    return error
  }
}

/** A file's bytes, some whole chunks at a time, each time in the same memory: garbage would cost more than the reading. */
async function* pieces(path: string): AsyncGenerator<Buffer> {
  await using file = await open(path)
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  for (;;) {
    let filled = 0
    while (filled < READ_BYTES) {
      const { bytesRead } = await file.read(buffer, filled, READ_BYTES - filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    if (filled === 0) return
    yield buffer.subarray(0, filled)
  }
}

const parsed = (envelope: string): MediaEnvelope => refusing(() => parseEnvelope(Buffer.from(envelope, 'base64url')))

/** Damage is the box's to hear of: it won't be less at the next attempt. */
function refusing<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Refusal(400, describeError(error))
  }
}

/** The tus protocol's "Checksum Mismatch": the box begins anew. */
const notWhatWasSaid = () => new Refusal(460, 'The SHA-256 does not fit the bytes')
