import { LenscapError } from '../base/errors.ts'

const SLAB_BYTES = 256 * 1024

/**
 * Where NAL units gather to an access unit, each behind its length. Finished units are handed out as views, not copies:
 * every byte from the socket is copied once. A slab is let go with the last unit that lies in it.
 */
export class UnitBuffer {
  readonly #bytesMax: number
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  #start = 0
  #end = 0
  #nal = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  openNal(): void {
    this.#reserve(4)
    this.#nal = this.#end
    this.#end += 4
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#slab.set(bytes, this.#end)
    this.#end += bytes.length
  }

  appendByte(byte: number): void {
    this.#reserve(1)
    this.#slab[this.#end] = byte
    this.#end += 1
  }

  /** Writes the length and shows the NAL unit. */
  closeNal(): Uint8Array {
    this.#slab.writeUInt32BE(this.#end - this.#nal - 4, this.#nal)
    return this.#slab.subarray(this.#nal + 4, this.#end)
  }

  /** Takes the last NAL unit out again. */
  dropNal(): void {
    this.#end = this.#nal
  }

  /** Drops the unit in progress. */
  discard(): void {
    this.#end = this.#start
  }

  /** The unit in progress; the next one starts behind it. */
  take(): Uint8Array {
    const unit = this.#slab.subarray(this.#start, this.#end)
    this.#start = this.#end
    return unit
  }

  /** @throws LenscapError `limit` where the unit grows too large */
  #reserve(bytes: number): void {
    const unitBytes = this.#end - this.#start + bytes
    if (unitBytes > this.#bytesMax) {
      throw new LenscapError('limit', "One of the camera's pictures is too large", { bytesMax: this.#bytesMax })
    }
    if (this.#end + bytes <= this.#slab.length) return
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * unitBytes))
    slab.set(this.#slab.subarray(this.#start, this.#end))
    this.#nal -= this.#start
    this.#end -= this.#start
    this.#start = 0
    this.#slab = slab
  }
}
