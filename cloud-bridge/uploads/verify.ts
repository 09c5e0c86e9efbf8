import { createHash, type KeyObject } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { describeError } from '../../agent/base/errors.ts'
import { chunksOf, type MediaCipher, SEALED_CHUNK_BYTES } from '../../agent/protocol/media-cipher.ts'
import { type MediaEnvelope, openEnvelope, parseEnvelope } from '../../agent/protocol/media-envelope.ts'
import type { UploadMetadata } from '../../agent/protocol/upload.ts'
import { Refusal } from './refusal.ts'

// Whole chunks, several at a time: few calls into the disk, and none is put together from two reads.
const READ_BYTES = 8 * SEALED_CHUNK_BYTES

/** Who can read an item. */
export type Reader = 'anybody' | 'us' | 'owner'

/** What is to be verified: a transfer's file, what the box said of it, and our key where it may be encrypted for us. */
export interface CheckJob {
  readonly file: string
  readonly said: Pick<UploadMetadata, 'sha256' | 'envelope'>
  readonly identity: KeyObject | undefined
}

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
 * Reads a transfer through while it comes: whether it is what the box said, and where it is encrypted for us, whether every
 * chunk opens and none is missing. After a restart it begins anew with what is in the file.
 */
export class Check {
  readonly #job: CheckJob
  readonly #envelope: MediaEnvelope | undefined
  #cipher: MediaCipher | undefined
  readonly #hash = createHash('sha256')
  #at = 0
  #chunks = 0
  #damage: unknown

  /** @throws Refusal 400 for a head that is damaged */
  constructor(job: CheckJob) {
    this.#job = job
    const { envelope } = job.said
    this.#envelope = envelope === undefined ? undefined : parsed(envelope)
    try {
      this.#cipher = this.#envelope && job.identity && openEnvelope(this.#envelope, job.identity)
    } catch (error) {
      // Told with the verdict, as a damaged chunk is: an upload that is refused then is erased.
      this.#damage = error
    }
  }

  /** How much of the file was read: whole chunks. */
  get at(): number {
    return this.#at
  }

  /** What comes next: whole chunks. */
  take(some: Buffer): void {
    this.#hash.update(some)
    this.#at += some.length
    const last = chunksOf(this.#envelope?.plainBytes ?? 0) - 1
    for (let at = 0; this.#cipher && this.#damage === undefined && at < some.length; at += SEALED_CHUNK_BYTES) {
      const chunk = some.subarray(at, at + SEALED_CHUNK_BYTES)
      this.#damage = damageOf(this.#cipher, this.#chunks, this.#chunks === last, chunk)
      this.#chunks += 1
    }
  }

  /** All whole chunks below this length of the file, from there. @throws Error of the disk */
  catchUp(bytes: number, buffer: Buffer<ArrayBuffer>): void {
    this.#read(bytes - (bytes % SEALED_CHUNK_BYTES), buffer)
  }

  /**
   * The rest, and the verdict.
   * @throws Refusal 460 where the bytes are not what was said, 400 where they are, but a chunk does not open; Error of the disk
   */
  finish(bytes: number, buffer: Buffer<ArrayBuffer>): Reader {
    this.#read(bytes, buffer)
    // The tus protocol's "Checksum Mismatch": the box begins anew.
    if (this.#hash.digest('hex') !== this.#job.said.sha256) throw new Refusal(460, 'The SHA-256 does not fit the bytes')
    const isShort = this.#chunks !== chunksOf(this.#envelope?.plainBytes ?? 0)
    if (this.#cipher && this.#damage === undefined && isShort) this.#damage = 'The item is not as long as it was'
    if (this.#damage !== undefined) throw new Refusal(400, describeError(this.#damage))
    if (!this.#envelope) return 'anybody'
    return this.#cipher ? 'us' : 'owner'
  }

  #read(until: number, buffer: Buffer<ArrayBuffer>): void {
    if (this.#at >= until) return
    const file = openSync(this.#job.file, 'r')
    try {
      while (this.#at < until) {
        const wanted = Math.min(buffer.length, until - this.#at)
        let filled = 0
        for (let read = -1; read !== 0 && filled < wanted; filled += read) {
          read = readSync(file, buffer, filled, wanted - filled, this.#at + filled)
        }
        if (filled < wanted) throw new Error('The file is shorter than it was')
        this.take(buffer.subarray(0, filled))
      }
    } finally {
      closeSync(file)
    }
  }
}

export const checkBuffer = () => Buffer.allocUnsafeSlow(READ_BYTES)

function damageOf(cipher: MediaCipher, number: number, isLast: boolean, chunk: Buffer): unknown {
  try {
    cipher.open(number, isLast, chunk)
    return undefined
  } catch (error) {
    return error
  }
}

function parsed(envelope: string): MediaEnvelope {
  try {
    return parseEnvelope(Buffer.from(envelope, 'base64url'))
  } catch (error) {
    throw new Refusal(400, describeError(error))
  }
}
