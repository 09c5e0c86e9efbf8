import type { StreamUnit } from './access-unit.ts'
import type { UnitQueue } from './unit-queue.ts'
import type { LossCounts } from './video-depacketizer.ts'

/** What has come in since the stream was opened. */
export interface StreamCounts extends Readonly<LossCounts> {
  /** Pictures. */
  readonly units: number
  /** RTP bytes of all tracks, headers included. */
  readonly bytes: number
}

interface StreamParts {
  readonly signedIn: boolean
  readonly queue: UnitQueue
  readonly counts: () => StreamCounts
  readonly close: () => void
  readonly pace: (readEveryMs: number) => void
}

/**
 * A playing stream: read it once, with `for await`. It ends quietly when its signal fires or after `close`, and throws
 * a LenscapError when the camera or the network ends it. Leaving the loop closes it.
 */
export class RtspStream implements AsyncIterable<StreamUnit> {
  readonly #parts: StreamParts

  constructor(parts: StreamParts) {
    this.#parts = parts
  }

  /** The camera asked who we are, and took the credential. */
  get signedIn(): boolean {
    return this.#parts.signedIn
  }

  get counts(): StreamCounts {
    return this.#parts.counts()
  }

  /** Reads packets in the TCP connection at most this often from now on; 0: as they come. */
  pace(readEveryMs: number): void {
    this.#parts.pace(readEveryMs)
  }

  /** Tells the camera (TEARDOWN) and closes the socket at once. */
  close(): void {
    this.#parts.close()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamUnit, void, undefined> {
    try {
      for (let unit = await this.#parts.queue.next(); unit; unit = await this.#parts.queue.next()) yield unit
    } finally {
      this.close()
    }
  }
}
