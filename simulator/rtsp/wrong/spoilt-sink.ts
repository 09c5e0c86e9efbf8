import type { FaultSwitches } from '../../faults/switches.ts'
import type { PacketSink } from '../sender.ts'
import { DELIVERY } from './delivery.ts'
import { HEADERS } from './headers.ts'
import type { MakeRule, Packet, PacketRule } from './packet.ts'
import { reportWrongly } from './reports.ts'

export interface Spoiling {
  readonly faults: FaultSwitches
  readonly clockHz: number
  readonly now: () => number
  /** Seeded, in [0, 1). */
  readonly random: () => number
}

/** One track's way to one client, faults included. */
export class SpoiltSink implements PacketSink {
  readonly #sink: PacketSink
  readonly #by: Spoiling
  /** The rules that are on, each with what it remembers; forgotten when it is off. */
  readonly #rules = new Map<MakeRule, PacketRule>()

  constructor(sink: PacketSink, by: Spoiling) {
    this.#sink = sink
    this.#by = by
  }

  rtp(head: Buffer, payload: Buffer): void {
    if (this.#by.faults.isEmpty && this.#rules.size === 0) this.#sink.rtp(head, payload)
    else for (const packet of this.#spoil({ head, payload })) this.#sink.rtp(packet.head, packet.payload)
  }

  rtcp(packet: Buffer): void {
    const told = reportWrongly(packet, this.#by.faults)
    if (told) this.#sink.rtcp(told)
  }

  /** First what the camera does wrong, then what the network does to it. */
  #spoil(packet: Packet): readonly Packet[] {
    const { faults } = this.#by
    const on = new Map([...faults.active<MakeRule>(HEADERS), ...faults.active<MakeRule>(DELIVERY)])
    let packets: readonly Packet[] = [packet]
    for (const [make, value] of on) packets = this.#follow(make, value, packets)
    for (const make of this.#rules.keys()) {
      if (on.has(make)) continue
      // With the value 0, what a rule of delivery held back is let go.
      if (Object.values(DELIVERY).includes(make)) packets = this.#follow(make, 0, packets)
      this.#rules.delete(make)
    }
    return packets
  }

  #follow(make: MakeRule, value: number, packets: readonly Packet[]): readonly Packet[] {
    const { clockHz, now, random } = this.#by
    const rule = this.#rules.get(make) ?? make(random)
    this.#rules.set(make, rule)
    return packets.flatMap((packet) => rule(packet, { nowMs: now(), clockHz, value }))
  }
}
