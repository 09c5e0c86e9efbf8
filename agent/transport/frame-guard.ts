/**
 * Follows the frames of one MQTT connection as their bytes come (MQTT 3.1.1, 2.2), so that a broker can't fill the box's
 * memory: the library keeps an unfinished frame of any size.
 */
export class FrameGuard {
  readonly #bytesMax: number
  /** Bytes of the present frame that are still to come. */
  #left = 0
  /** Remaining Length so far, while its one to four bytes are read (2.2.3); undefined: the next byte begins a frame. */
  #length: { value: number; factor: number } | undefined

  /** @param bytesMax largest Remaining Length of a frame */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Undefined where all is well, else what is wrong with the frame that begins in this chunk. */
  faultIn(chunk: Uint8Array): string | undefined {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at)
        this.#left -= step
        at += step
        continue
      }
      const byte = chunk[at] ?? 0
      at += 1
      const fault = this.#length === undefined ? this.#begin() : this.#count(byte)
      if (fault) return fault
    }
    return undefined
  }

  #begin(): undefined {
    this.#length = { value: 0, factor: 1 }
  }

  #count(byte: number): string | undefined {
    const { value, factor } = this.#length ?? { value: 0, factor: 1 }
    const sum = value + (byte & 127) * factor
    if (sum > this.#bytesMax) return `a frame of at least ${sum} bytes, where ${this.#bytesMax} are the limit`
    if (byte < 128) {
      this.#left = sum
      this.#length = undefined
      return undefined
    }
    if (factor > 128 ** 2) return 'a frame whose length makes no sense'
    this.#length = { value: sum, factor: factor * 128 }
    return undefined
  }
}
