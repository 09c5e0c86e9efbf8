import { createHash, type Hash, type KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { describeError, LenscapError } from '../../agent/base/errors.ts'
import { type MediaEnvelope, openEnvelope, parseEnvelope } from '../../agent/protocol/media-envelope.ts'
import { opened } from '../../agent/protocol/media-stream.ts'
import type { UploadMetadata } from '../../agent/protocol/upload.ts'
import { Refusal } from './refusal.ts'

// Several chunks at a time: fewer calls into the disk.
const READ_BYTES = 256 * 1024

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
  const cipher = envelope && identity && openEnvelope(envelope, identity)
  const hash = createHash('sha256')
  try {
    const all = hashed(file, hash)
    // One pass for both.
    const { plainBytes } = envelope ?? { plainBytes: 0 }
    for await (const _ of cipher ? opened(cipher, plainBytes, { start: 0, end: plainBytes - 1 }, all) : all);
  } catch (error) {
    if (!(error instanceof LenscapError)) throw error
    const whole = createHash('sha256')
    for await (const _ of hashed(file, whole));
    throw whole.digest('hex') === metadata.sha256 ? new Refusal(400, error.message) : notWhatWasSaid()
  }
  if (hash.digest('hex') !== metadata.sha256) throw notWhatWasSaid()
  if (!envelope) return 'anybody'
  return cipher ? 'us' : 'owner'
}

/** A file's bytes, counted into the hash on their way. */
async function* hashed(file: string, hash: Hash): AsyncGenerator<Buffer> {
  for await (const part of createReadStream(file, { highWaterMark: READ_BYTES })) {
    hash.update(part)
    yield part
  }
}

function parsed(envelope: string): MediaEnvelope {
  try {
    return parseEnvelope(Buffer.from(envelope, 'base64url'))
  } catch (error) {
    throw new Refusal(400, describeError(error))
  }
}

/** The tus protocol's "Checksum Mismatch": the box begins anew. */
const notWhatWasSaid = () => new Refusal(460, 'The SHA-256 does not fit the bytes')
