import { LenscapError } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import type { Id } from '../protocol/envelope.ts'
import { TICKS_PER_SECOND } from '../rtsp/access-unit.ts'
import { type Gop, samplesOf } from './gop.ts'
import type { MediaItem } from './item.ts'
import { fragment, initSegment } from './mp4.ts'
import { SpoolFile } from './spool-file.ts'

// What may wait for a slow disk before the clip is given up.
const WAITING_BYTES_MAX = 64 * 1024 * 1024

interface ClipOptions {
  readonly folder: string
  readonly camera: Id
  readonly reason: string
  /** Where it starts. Not written until it is added. */
  readonly first: Gop
}

/** One clip on its way to the disk: a fragment for each GOP, written in order, behind whoever adds them. */
export class Clip {
  readonly #options: ClipOptions
  readonly #item: Id = newId()
  #writing: Promise<void>
  readonly #file: SpoolFile
  #fragments = 0
  #bytes = 0
  #waitingBytes = 0
  #endTicks: number

  constructor(options: ClipOptions) {
    this.#options = options
    this.#endTicks = options.first.ticks
    this.#file = new SpoolFile(options.folder, `${this.#item}.mp4`)
    this.#writing = this.#open()
    // Whoever finishes it gets the error.
    this.#writing.catch(() => {})
  }

  get first(): Gop {
    return this.#options.first
  }

  /** Bytes of the pictures added. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#fragments === 0
  }

  /** @param nextTicks when the GOP behind it starts, if it has */
  add(gop: Gop, nextTicks?: number): void {
    const samples = samplesOf(gop, nextTicks)
    const lasts = samples.reduce((sum, { duration }) => sum + duration, 0)
    const start = gop.units.reduce((ticks, unit) => Math.min(ticks, unit.ticks), gop.ticks)
    this.#fragments += 1
    this.#bytes += gop.bytes
    this.#endTicks = start + lasts
    const parts = fragment(this.#fragments, Math.max(0, start - this.first.ticks), samples)
    this.#write(parts, gop.bytes)
  }

  /**
   * Puts the clip on the disk.
   * @returns undefined where it was discarded
   * @throws LenscapError `storage`, `limit` where the disk is too slow, `invalid` where the parameter set makes no sense
   */
  async finish(): Promise<MediaItem | undefined> {
    try {
      await this.#writing
      const done = await this.#file.finish()
      return done && { ...done, ...this.#facts() }
    } catch (error) {
      await this.discard().catch(() => {})
      throw error
    }
  }

  /**
   * Removes what has been written, at once; the promise tells when a write that was under way has ended.
   * @throws LenscapError `storage` where the disk does not let it go
   */
  async discard(): Promise<void> {
    this.#file.discard()
    await this.#writing.catch(() => {})
  }

  #facts(): Omit<MediaItem, 'path' | 'bytes' | 'sha256'> {
    const { camera, reason, first } = this.#options
    const durationMs = Math.round(((this.#endTicks - first.ticks) * 1000) / TICKS_PER_SECOND)
    const takenAt = Math.round(first.arrivedAtMs)
    return { item: this.#item, camera, kind: 'clip', contentType: 'video/mp4', takenAt, durationMs, reason }
  }

  async #open(): Promise<void> {
    await this.#file.append([initSegment(this.first.parameters)])
  }

  #write(parts: readonly Uint8Array[], bytes: number): void {
    this.#waitingBytes += bytes
    if (this.#waitingBytes > WAITING_BYTES_MAX) {
      this.#writing = Promise.reject(
        new LenscapError('limit', 'The disk is too slow for this clip', { bytesMax: WAITING_BYTES_MAX }),
      )
    } else {
      this.#writing = this.#writing.then(async () => {
        await this.#file.append(parts)
        this.#waitingBytes -= bytes
      })
    }
    this.#writing.catch(() => {})
  }
}
