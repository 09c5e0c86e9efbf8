import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { LenscapError } from '../base/errors.ts'
import type { Grant } from '../consent/consent.ts'
import { MediaLabel, newEnvelope } from '../protocol/media-envelope.ts'
import { sealed } from '../protocol/media-stream.ts'

// Several chunks at a time: fewer calls into the disk.
const READ_BYTES = 256 * 1024

export interface SealJob {
  readonly from: string
  /** Must not be there yet. */
  readonly to: string
  readonly label: MediaLabel
  /** Of the plain file. */
  readonly bytes: number
  /** age recipients. */
  readonly recipients: readonly string[]
  /** Asked before each chunk; what it throws ends the work. */
  readonly check: () => void
}

/** An encrypted file: what is said of it to the bridge. */
export interface Sealed {
  /** Of the chunks. */
  readonly bytes: number
  /** Of the chunks, lower-case hex. */
  readonly sha256: string
  /** The head, base64url. */
  readonly envelope: string
}

/**
 * Encrypts a file into another one, which is on the disk when this resolves; its folder is the caller's to sync.
 * @throws LenscapError `unsupported` for recipients that this release can't encrypt for, `storage` where the file is not
 * as long as was said; what `check` throws; the disk's own errors
 */
export async function sealFile({ from, to, label, bytes, recipients, check }: SealJob): Promise<Sealed> {
  const { head, cipher } = newEnvelope(MediaLabel.parse(label), bytes, recipients)
  const hash = createHash('sha256')
  const file = await open(to, 'wx', 0o600)
  let size = 0
  try {
    for await (const chunk of sealed(cipher, bytes, createReadStream(from, { highWaterMark: READ_BYTES }))) {
      check()
      hash.update(chunk)
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
      size += chunk.length
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { bytes: size, sha256: hash.digest('hex'), envelope: head.toString('base64url') }
}

/** Whom the grant has media encrypted for. @throws LenscapError `unsupported` where that is nobody */
export function recipientsOf({ recipients }: Grant): readonly string[] {
  if (recipients.length > 0) return recipients
  throw new LenscapError(
    'unsupported',
    'The bridge names no key to encrypt media for, so none leave: update the bridge',
  )
}
