/** Reads bits and Exp-Golomb codes, without the bytes that keep start codes out (H.264, 7.4.1 and 9.1; H.265, 7.4.2 and 9.2). */
export class BitReader {
  readonly #bytes: readonly number[]
  #at = 0

  constructor(unit: Buffer) {
    this.#bytes = [...unit].filter((byte, i) => !(byte === 3 && unit[i - 1] === 0 && unit[i - 2] === 0))
  }

  bits(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3]
      if (byte === undefined) throw new RangeError('The SPS ends too early')
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1)
    }
    return value
  }

  ue(): number {
    let zeros = 0
    while (this.bits(1) === 0) if (++zeros > 31) throw new RangeError('The SPS holds too large a number')
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  se(): number {
    const code = this.ue()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }
}
