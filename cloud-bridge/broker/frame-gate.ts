/** What a peer may send before its size is even read: MQTT 3.1.1, 2.2.3 allows 256 MB, which nobody here needs. */
export interface FrameLimits {
  /** Until the peer has proved who it is: room for CONNECT with a will. */
  readonly bytesMaxBefore: number
  readonly bytesMaxAfter: number
}

/**
 * Follows the frames of one connection as their bytes pass, without keeping any: fixed header, remaining length
 * (MQTT 3.1.1, 2.2), so many bytes to skip. Says no as soon as a length is announced that is too large.
 */
export class FrameGate {
  readonly #limits: FrameLimits
  #authenticated = false
  #state: 'header' | 'length' | 'body' = 'header'
  #length = 0
  #lengthBytes = 0
  #left = 0

  constructor(limits: FrameLimits) {
    this.#limits = limits
  }

  /** From now on the larger limit counts. */
  authenticated(): void {
    this.#authenticated = true
  }

  /** False: cut the connection. */
  pass(chunk: Uint8Array): boolean {
    for (let i = 0; i < chunk.length; ) {
      if (this.#state === 'body') {
        const skipped = Math.min(this.#left, chunk.length - i)
        this.#left -= skipped
        i += skipped
        if (this.#left === 0) this.#state = 'header'
      } else {
        if (!this.#passHeaderByte(chunk[i] ?? 0)) return false
        i += 1
      }
    }
    return true
  }

  #passHeaderByte(byte: number): boolean {
    if (this.#state === 'header') {
      this.#state = 'length'
      this.#length = 0
      this.#lengthBytes = 0
      return true
    }
    this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes
    this.#lengthBytes += 1
    if (this.#length > this.#bytesMax()) return false
    if (byte & 0x80) return this.#lengthBytes < 4
    this.#left = this.#length
    this.#state = this.#left === 0 ? 'header' : 'body'
    return true
  }

  #bytesMax(): number {
    return this.#authenticated ? this.#limits.bytesMaxAfter : this.#limits.bytesMaxBefore
  }
}
