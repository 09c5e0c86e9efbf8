import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BridgeSide } from './bridge-side.ts'
import { disguises, type Flow, flowsIn, occurrences, strangers } from './findings.ts'
import type { HoldingProxy } from './holding-proxy.ts'
import { type Packet, packetsIn } from './packets.ts'
import { BRIDGE, CANARIES, PORTS } from './places.ts'
import type { BoxSide } from './side.ts'

/** One hour's worth of events, as an exceptionally restless house has them. */
export const EVENTS = 1000
/** What nobody raises can't be awaited: so long is listened after the last event. */
export const LISTEN_MS = 1500
/** The agent lets 20 events of a camera through in 10 s and sums up the others: each part begins with a new window. */
const CALM_MS = 10_500
const PLACES = [PORTS.mqtt, PORTS.upload, PORTS.hostile].map((port) => `${BRIDGE}:${port}`)

export interface House {
  readonly folder: string
  readonly box: BoxSide
  readonly bridge: BridgeSide
  readonly proxy: HoldingProxy
  readonly cameras: readonly string[]
  /** How many motion events the agent has told, to whom it tells them now. */
  told: () => number
  calmAtMs: number
}

export interface Phase {
  readonly name: string
  /** Motion events that the cameras raised, and messages of the agent about them: it sums up what comes too often. */
  readonly events: number
  readonly told: number
  readonly packets: number
  /** Occurrences of the canaries, and packets to where nothing may go. */
  readonly canaries: number
  readonly strangers: number
  /** What is wrong; empty where all is well. */
  readonly faults: readonly string[]
}

/** Has all cameras together raise so many motion events. */
export async function raise(house: House, count: number): Promise<number> {
  const raised = await house.box.raise(count)
  house.calmAtMs = performance.now() + CALM_MS
  return raised
}

export const calm = (house: House) => sleep(Math.max(0, house.calmAtMs - performance.now()))

export interface Captured {
  readonly packets: readonly Packet[]
  readonly flows: readonly Flow[]
  readonly canaries: number
  readonly strangers: number
  readonly faults: readonly string[]
}

/** Ends the capture and looks through it. */
export async function capturedIn({ box }: House, path: string): Promise<Captured> {
  const said = await box.captured('out')
  const packets = packetsIn(readFileSync(path))
  const flows = flowsIn(packets)
  const canaries = occurrences(flows, Object.values(CANARIES).flatMap(disguises))
  const unknown = strangers(packets, BRIDGE, [...PLACES, `arp ${BRIDGE}`])
  const faults = [
    ...(/^0 packets dropped by kernel/m.test(said) ? [] : [`the capture is not whole: ${said.trim()}`]),
    ...(packets.length === 0 ? ['nothing was captured'] : []),
    ...Array.from(unknown, ([place, count]) => `${count} packets to ${place}`),
  ]
  return { packets, flows, canaries, strangers: [...unknown.values()].reduce((sum, count) => sum + count, 0), faults }
}
