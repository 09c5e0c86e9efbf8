import type { Readable } from 'node:stream'

/** Inclusive, in bytes. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Where media lie. Blobs have random keys, never names: a listing tells nothing. */
export interface MediaStore {
  /**
   * Takes a finished local file over as this blob; the file is gone afterwards. When this resolves, the blob survives a
   * power cut. @throws LenscapError `storage`
   */
  adopt(blob: string, file: string): Promise<void>
  /** @throws LenscapError `storage` where there is no such blob */
  read(blob: string, range: ByteRange): Promise<Readable>
  /** Gone for good; fine if it is gone already. */
  remove(blob: string): Promise<void>
}

/** A key that cannot be guessed: 160 random bits. */
export const BLOB_KEY_LENGTH = 32
