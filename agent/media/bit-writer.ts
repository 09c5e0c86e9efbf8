/** Writes bits, the highest first, into memory that grows. */
export class BitWriter {
  #bytes: Buffer
  #at = 0
  #held = 0
  #bits = 0

  constructor(bytes = 1024) {
    this.#bytes = Buffer.alloc(bytes)
  }

  /** @param count 0 to 24; of a negative value the lowest bits are taken */
  write(value: number, count: number): void {
    this.#held = (this.#held << count) | (value & (2 ** count - 1))
    this.#bits += count
    while (this.#bits >= 8) {
      this.#bits -= 8
      this.#push((this.#held >> this.#bits) & 0xff)
    }
    this.#held &= 2 ** this.#bits - 1
  }

  /** So many zeros, and a one. */
  unary(zeros: number): void {
    for (let left = zeros; left > 0; left -= 16) this.write(0, Math.min(16, left))
    this.write(1, 1)
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.#bits > 0) this.write(0, 8 - this.#bits)
  }

  /** What is written, in whole bytes. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  #push(byte: number): void {
    if (this.#at === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2)
    this.#bytes[this.#at] = byte
    this.#at += 1
  }
}
