import { LenscapError } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import type { Id } from '../protocol/envelope.ts'
import { TICKS_PER_SECOND } from '../rtsp/access-unit.ts'
import { type Gop, samplesOf } from './gop.ts'
import type { MediaItem } from './item.ts'
import { fragment, initSegment, VIDEO_TRACK } from './mp4.ts'
import { SoundLane } from './sound-lane.ts'
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
  readonly #camera: Id
  readonly #reason: string
  readonly #first: Pick<Gop, 'parameters' | 'ticks' | 'arrivedAtMs'>
  readonly #item: Id = newId()
  #writing: Promise<void>
  readonly #file: SpoolFile
  #fragments = 0
  #bytes = 0
  #waitingBytes = 0
  #startTicks: number
  #endTicks: number
  #sound: SoundLane | undefined

  constructor({ folder, camera, reason, first }: ClipOptions) {
    const { parameters, ticks, arrivedAtMs } = first
    this.#camera = camera
    this.#reason = reason
    this.#first = { parameters, ticks, arrivedAtMs }
    this.#startTicks = ticks
    this.#endTicks = ticks
    this.#file = new SpoolFile(folder, `${this.#item}.mp4`)
    this.#writing = this.#file.append([])
    // Whoever finishes it gets the error.
    this.#writing.catch(() => {})
  }

  /** Where it starts. Its pictures are not held. */
  get first(): Pick<Gop, 'parameters' | 'ticks' | 'arrivedAtMs'> {
    return this.#first
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
    const isFirst = this.isEmpty
    // At its beginning nothing can be shown that leans on pictures before it.
    const units = isFirst ? gop.units.filter(({ leansBack }) => leansBack !== true) : gop.units
    const { ticks, endTicks, samples } = samplesOf(units, nextTicks)
    if (isFirst) this.#begin(gop, ticks)
    const video = { track: VIDEO_TRACK, decodeTicks: Math.max(0, ticks - this.#startTicks), samples } as const
    const sound = this.#sound?.lay(gop.sound)
    this.#fragments += 1
    this.#bytes += gop.bytes
    this.#endTicks = endTicks
    const parts = fragment(this.#fragments, sound ? [video, sound] : [video])
    gop.hold()
    this.#write(() => parts, gop.bytes)
    // Written or not: nobody looks at it any more.
    this.#writing.finally(() => gop.letGo()).catch(() => {})
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
    const durationMs = Math.round(((this.#endTicks - this.#startTicks) * 1000) / TICKS_PER_SECOND)
    const [camera, reason] = [this.#camera, this.#reason]
    const takenAt = Math.round(this.#first.arrivedAtMs)
    return { item: this.#item, camera, kind: 'clip', contentType: 'video/mp4', takenAt, durationMs, reason }
  }

  /** Whether it has sound is decided here: a track in which nothing ever comes would stop players. */
  #begin(first: Gop, ticks: number): void {
    this.#startTicks = ticks
    const [heard] = first.sound
    if (heard) this.#sound = new SoundLane(heard.format, ticks)
    this.#write(() => [initSegment(first.parameters, heard?.format)], 0)
  }

  #write(parts: () => readonly Uint8Array[], bytes: number): void {
    this.#waitingBytes += bytes
    if (this.#waitingBytes > WAITING_BYTES_MAX) {
      this.#writing = Promise.reject(
        new LenscapError('limit', 'The disk is too slow for this clip', { bytesMax: WAITING_BYTES_MAX }),
      )
    } else {
      this.#writing = this.#writing.then(async () => {
        await this.#file.append(parts())
        this.#waitingBytes -= bytes
      })
    }
    this.#writing.catch(() => {})
  }
}
