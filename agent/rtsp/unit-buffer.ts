import { LenscapError } from '../base/errors.ts'
import type { Lease } from './access-unit.ts'

const SLAB_BYTES = 256 * 1024
/** Slabs that wait to be used again. */
const SPARE_MAX = 4

/** Memory that several units lie in. */
class Slab {
  readonly bytes: Buffer
  readonly #onFree: (slab: Slab) => void
  #uses = 1

  constructor(bytes: number, onFree: (slab: Slab) => void) {
    this.bytes = Buffer.allocUnsafeSlow(bytes)
    this.#onFree = onFree
  }

  hold(): void {
    this.#uses += 1
  }

  /** One user less; after the last its memory is written to again. */
  release(): void {
    this.#uses -= 1
    if (this.#uses === 0) this.#onFree(this)
  }
}

/**
 * Where NAL units gather to an access unit, each behind its length. Finished units are handed out as views, not copies:
 * every byte from the socket is copied once. A slab whose units have all been released is used again, which spares the
 * collector most of its work; one whose units nobody releases is let go with the last of them.
 */
export class UnitBuffer {
  readonly #bytesMax: number
  readonly #spare: Slab[] = []
  #slab = this.#newSlab(SLAB_BYTES)
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
    this.#slab.bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  appendByte(byte: number): void {
    this.#reserve(1)
    this.#slab.bytes[this.#end] = byte
    this.#end += 1
  }

  /** Writes the length and shows the NAL unit. */
  closeNal(): Uint8Array {
    this.#slab.bytes.writeUInt32BE(this.#end - this.#nal - 4, this.#nal)
    return this.#slab.bytes.subarray(this.#nal + 4, this.#end)
  }

  /** Takes the last NAL unit out again. */
  dropNal(): void {
    this.#end = this.#nal
  }

  /** Drops the unit in progress. */
  discard(): void {
    this.#end = this.#start
  }

  /** The unit in progress, and what is to be released when it is not needed any more; the next one starts behind it. */
  take(): { readonly data: Uint8Array; readonly lease: Lease } {
    const slab = this.#slab
    const data = slab.bytes.subarray(this.#start, this.#end)
    this.#start = this.#end
    slab.hold()
    return { data, lease: slab }
  }

  /** @throws LenscapError `limit` where the unit grows too large */
  #reserve(bytes: number): void {
    const unitBytes = this.#end - this.#start + bytes
    if (unitBytes > this.#bytesMax) {
      throw new LenscapError('limit', "One of the camera's pictures is too large", { bytesMax: this.#bytesMax })
    }
    const full = this.#slab
    if (this.#end + bytes <= full.bytes.length) return
    const isOrdinary = 2 * unitBytes <= SLAB_BYTES
    const slab = (isOrdinary ? this.#spare.pop() : undefined) ?? this.#newSlab(Math.max(SLAB_BYTES, 2 * unitBytes))
    slab.bytes.set(full.bytes.subarray(this.#start, this.#end))
    this.#nal -= this.#start
    this.#end -= this.#start
    this.#start = 0
    this.#slab = slab
    full.release()
  }

  /** The buffer itself is its first user. */
  #newSlab(bytes: number): Slab {
    return new Slab(bytes, (slab) => {
      if (slab.bytes.length !== SLAB_BYTES || this.#spare.length >= SPARE_MAX) return
      slab.hold()
      this.#spare.push(slab)
    })
  }
}
