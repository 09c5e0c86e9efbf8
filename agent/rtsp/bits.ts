import { LenscapError } from '../base/errors.ts'

/** Reads the bits of a NAL unit's payload, stepping over emulation prevention bytes (H.264 and H.265, 7.4.1). */
export class BitReader {
  readonly #bytes: Uint8Array
  readonly #isNal: boolean
  #at: number
  #bit = 0

  /**
   * @param from first byte to read: 1 steps over the header of an H.264 NAL unit, 2 over that of H.265
   * @param isNal false for other bytes, which hold no emulation prevention
   */
  constructor(bytes: Uint8Array, from = 1, isNal = true) {
    this.#bytes = bytes
    this.#at = from
    this.#isNal = isNal
  }

  /** @throws LenscapError `invalid` past the end */
  bit(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new LenscapError('invalid', "The camera's parameter set ends too early")
    const value = (byte >> (7 - this.#bit)) & 1
    this.#bit += 1
    if (this.#bit === 8) this.#next()
    return value
  }

  bits(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++) value = value * 2 + this.bit()
    return value
  }

  /** ue(v), H.264 9.1. */
  unsigned(): number {
    let zeros = 0
    while (this.bit() === 0) {
      zeros += 1
      if (zeros > 32) throw new LenscapError('invalid', "The camera's parameter set holds an impossible number")
    }
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  /** se(v), H.264 9.1.1. */
  signed(): number {
    const code = this.unsigned()
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2
  }

  #next(): void {
    this.#bit = 0
    this.#at += 1
    const isEmulationPrevention =
      this.#isNal &&
      this.#bytes[this.#at] === 3 &&
      this.#bytes[this.#at - 1] === 0 &&
      this.#bytes[this.#at - 2] === 0 &&
      this.#at > 2
    if (isEmulationPrevention) this.#at += 1
  }
}
