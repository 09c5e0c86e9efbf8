import { hash } from 'node:crypto'
import type { Socket } from 'node:dgram'
import { Channel } from '../base/channel.ts'
import type { Clock } from '../base/clock.ts'
import { addressesOf } from './cidr.ts'
import { type Fence, fenceOf } from './fence.ts'
import { hostAndPort, sightAt, sightManually, USUAL_PORTS } from './manual.ts'
import { type Match, matchesIn, probes } from './messages.ts'
import { placeOf } from './place.ts'
import { type Sighting, sightingKey } from './sighting.ts'
import { close, helloSocket, multicastSockets, sendToEach, sendToGroup, unicastSocket } from './sockets.ts'

const DISCOVERY_PORT = 3702
const DURATION_MS = 3_000

/** When probes go out, from the start: a lost datagram is the rule on Wi-Fi, not the exception. */
const ROUNDS_MS = [0, 400, 1_200]

/** Between two bursts of a scan: more answers at once than a socket holds would be lost. */
const BURST_SPACING_MS = 20

/** A network that answers more than this is not a camera network, or means harm. */
const DATAGRAMS_MAX = 8_192
const SIGHTINGS_MAX = 4_096

/** Places asked directly in one pass, each by a few connections: no forged answers may make us dial half the world. */
const ASKS_MAX = 512

export interface DiscoverOptions {
  /** IPv4 ranges to probe by unicast, up to /20 each. */
  readonly cidrs?: readonly string[]
  /** `H[:PORT]`: asked directly, whether they answer probes or not. */
  readonly hosts?: readonly string[]
  /** What lies outside is neither probed nor dialled, whoever names it; none by default. */
  readonly fence?: Fence
  /** On by default. */
  readonly multicast?: boolean
  /** Names of the interfaces to send multicast by; all where absent. */
  readonly interfaces?: readonly string[]
  readonly discoveryPort?: number
  /** How long answers are waited for. */
  readonly durationMs?: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * One pass over the network; each device is yielded once, as soon as it answers.
 * @throws LenscapError `invalid` or `limit` for ranges and hosts that make no sense; never for a network that is silent
 */
export async function* discover(options: DiscoverOptions): AsyncGenerator<Sighting, void, undefined> {
  const { cidrs = [], hosts = [], fence = fenceOf([]), signal } = options
  const addresses = [...new Set(cidrs.flatMap(addressesOf))].filter(fence)
  for (const host of hosts) hostAndPort(host)
  if (signal.aborted) return
  const pass = new Pass(options, addresses, fence)
  const running = pass.run(hosts)
  try {
    yield* pass.sightings
    await running
  } finally {
    pass.close()
    await running.catch(() => {})
  }
}

class Pass {
  readonly sightings = new Channel<Sighting>(SIGHTINGS_MAX)
  readonly #options: DiscoverOptions
  readonly #addresses: readonly string[]
  readonly #fence: Fence
  readonly #seen = new Set<string>()
  /** Addresses that a device answered from. */
  readonly #heard = new Set<string>()
  /** What was heard from where, by its hash. */
  readonly #said = new Set<string>()
  readonly #sockets: Socket[] = []
  readonly #direct: Promise<void>[] = []
  readonly #controller = new AbortController()
  #datagrams = 0

  constructor(options: DiscoverOptions, addresses: readonly string[], fence: Fence) {
    this.#options = options
    this.#addresses = addresses
    this.#fence = fence
  }

  close(): void {
    this.#controller.abort()
  }

  async run(hosts: readonly string[]): Promise<void> {
    const stop = () => this.close()
    this.#options.signal.addEventListener('abort', stop, { once: true })
    const ended = this.#controller.signal
    ended.addEventListener('abort', () => this.sightings.close(), { once: true })
    try {
      for (const host of hosts) this.#ask((signal) => sightManually(host, this.#fence, this.#options.clock, signal))
      await this.#probe()
      await Promise.all(this.#direct)
    } finally {
      this.#options.signal.removeEventListener('abort', stop)
      for (const socket of this.#sockets) close(socket)
      this.sightings.close()
    }
  }

  async #probe(): Promise<void> {
    const {
      multicast = true,
      interfaces,
      discoveryPort = DISCOVERY_PORT,
      clock,
      durationMs = DURATION_MS,
    } = this.#options
    if (!multicast && this.#addresses.length === 0) return
    const hear = (via: Sighting['via']) => (datagram: Buffer, from: string) => this.#hear(datagram, from, via)
    const group = multicast ? await multicastSockets(interfaces, hear('multicast')) : []
    const hello = multicast ? await helloSocket(discoveryPort, hear('hello')) : []
    const unicast = this.#addresses.length > 0 ? await unicastSocket(hear('unicast')) : []
    this.#sockets.push(...group, ...hello, ...unicast)
    const startedMs = clock.monotonicMs()
    const ended = this.#controller.signal
    const untilMs = async (ms: number) => {
      await clock.sleep(Math.max(0, startedMs + ms - clock.monotonicMs()), ended).catch(() => {})
    }
    for (const roundMs of ROUNDS_MS.filter((ms) => ms < durationMs)) {
      await untilMs(roundMs)
      if (ended.aborted) return
      await sendToGroup(group, probes(), discoveryPort)
      // Who answered need not be asked again.
      const silent = this.#addresses.filter((address) => !this.#heard.has(address))
      const rest = () => clock.sleep(BURST_SPACING_MS, ended).catch(() => {})
      for (const socket of unicast) await sendToEach(socket, probes(), discoveryPort, silent, rest, ended)
    }
    await untilMs(durationMs)
  }

  #hear(datagram: Buffer, from: string, via: Sighting['via']): void {
    this.#datagrams += 1
    if (this.#datagrams > DATAGRAMS_MAX || !this.#fence(from) || this.#isRepeated(datagram, from)) return
    for (const match of matchesIn(datagram)) this.#sight(match, from, via)
  }

  /** Each is asked in two ways and several times, and says the same each time, but for the ids in its header. */
  #isRepeated(datagram: Buffer, from: string): boolean {
    const body = datagram.indexOf('Body')
    if (body < 0) return false
    const said = `${from} ${hash('sha1', datagram.subarray(body), 'base64')}`
    if (this.#said.has(said)) return true
    this.#said.add(said)
    return false
  }

  #sight(match: Match, address: string, via: Sighting['via']): void {
    const { endpoint, types, scopes, xaddrs, hello } = match
    this.#heard.add(address)
    const place = placeOf(xaddrs, address)
    if (place) {
      this.#yield({ endpoint, types, scopes, xaddrs, address, ...place, via: hello ? 'hello' : via })
      return
    }
    // It is a camera, but does not say where to ask: once per pass, the usual places are tried.
    const key = `somewhere ${address}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#ask(async (signal) => {
      const found = await sightAt(address, USUAL_PORTS, this.#options.clock, signal)
      return found && { ...found, endpoint, types, scopes, via }
    })
  }

  #ask(work: (signal: AbortSignal) => Promise<Sighting | undefined>): void {
    if (this.#direct.length >= ASKS_MAX) return
    const asking = work(this.#controller.signal).then((found) => {
      if (found) this.#yield(found)
    })
    // Who does not answer is not sighted; that is no error.
    this.#direct.push(asking.catch(() => {}))
  }

  #yield(sighting: Sighting): void {
    const key = sightingKey(sighting)
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.sightings.push(sighting)
  }
}
