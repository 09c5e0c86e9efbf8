import type { RtpPacket } from './rtp.ts'

/** How one source's packets come in, for the reports to it (RFC 3550, 6.4.1 and appendix A). */
export class Reception {
  readonly #clockHz: number
  #ssrc: number | undefined
  #first = 0
  #highest = 0
  #received = 0
  #transit = 0
  #jitter = 0
  #expectedBefore = 0
  #receivedBefore = 0

  constructor(clockHz: number) {
    this.#clockHz = clockHz
  }

  /** @param arrivedMs monotonic */
  note({ ssrc, sequence, timestamp }: RtpPacket, arrivedMs: number): void {
    const transit = (((arrivedMs * this.#clockHz) / 1000) % 2 ** 32) - timestamp
    if (ssrc !== this.#ssrc) this.#restart(ssrc, sequence, transit)
    const step = ((sequence - this.#highest) << 16) >> 16
    if (step > 0) this.#highest += step
    this.#received += 1
    const wander = Math.abs((transit - this.#transit) | 0)
    this.#transit = transit
    this.#jitter += (wander - this.#jitter) / 16
  }

  /** The report block, 24 bytes, with what came since the last one; undefined before the first packet. */
  block(lastReport: { readonly ntpMiddle: number; readonly agoMs: number } | undefined): Buffer | undefined {
    if (this.#ssrc === undefined) return undefined
    const expected = this.#highest - this.#first + 1
    const lost = Math.max(-0x80_0000, Math.min(0x7f_ffff, expected - this.#received))
    const expectedNow = expected - this.#expectedBefore
    const lostNow = expectedNow - (this.#received - this.#receivedBefore)
    this.#expectedBefore = expected
    this.#receivedBefore = this.#received
    const block = Buffer.alloc(24)
    block.writeUInt32BE(this.#ssrc)
    block[4] = expectedNow > 0 && lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0
    block.writeIntBE(lost, 5, 3)
    block.writeUInt32BE(this.#highest % 2 ** 32, 8)
    block.writeUInt32BE(Math.min(0xffff_ffff, Math.round(this.#jitter)), 12)
    block.writeUInt32BE(lastReport?.ntpMiddle ?? 0, 16)
    block.writeUInt32BE(lastReport ? Math.round(lastReport.agoMs * 65.536) % 2 ** 32 : 0, 20)
    return block
  }

  #restart(ssrc: number, sequence: number, transit: number): void {
    this.#ssrc = ssrc
    this.#first = sequence
    this.#highest = sequence
    this.#received = 0
    this.#transit = transit
    this.#jitter = 0
    this.#expectedBefore = 0
    this.#receivedBefore = 0
  }
}
