import type { RtpPacket } from './rtp.ts'

/** A break this wide is a new beginning, not a loss. */
const RANGE = 256

interface ReorderLimits {
  readonly packetsMax: number
  readonly holdMs: number
}

const LIMITS: ReorderLimits = { packetsMax: 64, holdMs: 150 }

/**
 * Hands packets on in the order of their numbers (RFC 3550, 5.1). What comes in order passes without a copy; what comes
 * early waits for what is missing, but not for long, and what comes twice or too late is dropped.
 */
export class ReorderBuffer {
  readonly #deliver: (packet: RtpPacket) => void
  readonly #limits: ReorderLimits
  readonly #held = new Map<number, RtpPacket>()
  #next: number | undefined
  #heldSinceMs = 0

  constructor(deliver: (packet: RtpPacket) => void, limits: ReorderLimits = LIMITS) {
    this.#deliver = deliver
    this.#limits = limits
  }

  /** @param nowMs monotonic */
  push(packet: RtpPacket, nowMs: number): void {
    const step = ((packet.sequence - (this.#next ?? packet.sequence)) << 16) >> 16
    if (Math.abs(step) > RANGE) this.#skipAll()
    else if (step < 0) return
    else if (step > 0) {
      this.#hold(packet, nowMs)
      return
    }
    this.#pass(packet)
    this.#drain()
  }

  #hold(packet: RtpPacket, nowMs: number): void {
    if (this.#held.size === 0) this.#heldSinceMs = nowMs
    if (!this.#held.has(packet.sequence)) {
      this.#held.set(packet.sequence, { ...packet, payload: Uint8Array.from(packet.payload) })
    }
    const { packetsMax, holdMs } = this.#limits
    if (this.#held.size <= packetsMax && nowMs - this.#heldSinceMs <= holdMs) return
    // What is missing is lost: on with the first that is there.
    this.#skipToFirst()
    this.#drain()
    this.#heldSinceMs = nowMs
  }

  #drain(): void {
    for (let packet = this.#take(); packet; packet = this.#take()) this.#pass(packet)
  }

  #take(): RtpPacket | undefined {
    const packet = this.#next === undefined ? undefined : this.#held.get(this.#next)
    if (packet) this.#held.delete(packet.sequence)
    return packet
  }

  #skipToFirst(): void {
    const from = this.#next ?? 0
    const distances = [...this.#held.keys()].map((sequence) => (sequence - from) & 0xffff)
    if (distances.length > 0) this.#next = (from + Math.min(...distances)) & 0xffff
  }

  #skipAll(): void {
    while (this.#held.size > 0) {
      this.#skipToFirst()
      this.#drain()
    }
  }

  #pass(packet: RtpPacket): void {
    this.#next = (packet.sequence + 1) & 0xffff
    this.#deliver(packet)
  }
}
