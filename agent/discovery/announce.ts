import type { Socket } from 'node:dgram'
import { Channel } from '../base/channel.ts'
import type { Clock } from '../base/clock.ts'
import type { Fence } from './fence.ts'
import { sightAt, USUAL_PORTS } from './manual.ts'
import { announcementsIn, type Match } from './messages.ts'
import { placeOf } from './place.ts'
import type { Sighting } from './sighting.ts'
import { close, helloSocket } from './sockets.ts'

/** A device says that it has come, or that it goes. Anybody can say so in its name: it is a reason to look, no more. */
export type Announcement =
  | { readonly kind: 'hello'; readonly sighting: Sighting }
  | { readonly kind: 'bye'; readonly endpoint: string; readonly address: string }

/** The interfaces of a box come and go: they are joined again this often. */
const JOIN_AGAIN_MS = 300_000

/** Of all that is announced, so much is heard in ten seconds; the next pass finds the others. */
const WINDOW_MS = 10_000
const HEARD_MAX = 64
const WAITING_MAX = 64

/** The same is not heard twice in so short a time: each is sent several times (WS-Discovery 2005/04, 4.1). */
const SAME_MS = 5_000

export interface AnnouncementOptions {
  readonly port: number
  readonly fence: Fence
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Where to listen; the group of WS-Discovery where absent. */
  readonly group?: string
}

/** What devices announce, until the signal fires. Never throws for anything that a network does. */
export async function* announcements(options: AnnouncementOptions): AsyncGenerator<Announcement, void, undefined> {
  const { signal } = options
  const ear = new Ear(options)
  const listening = listen(ear, options).finally(() => ear.heard.close())
  try {
    yield* ear.heard
    await listening
  } finally {
    if (!signal.aborted) ear.heard.close()
  }
}

async function listen(ear: Ear, { port, clock, signal, group }: AnnouncementOptions): Promise<void> {
  while (!signal.aborted) {
    const sockets: Socket[] = await helloSocket(port, (datagram, from) => ear.hear(datagram, from), group)
    await clock.sleep(JOIN_AGAIN_MS, signal).catch(() => {})
    for (const socket of sockets) close(socket)
  }
}

/** Takes datagrams, lets through what is new, and no more than is good. */
class Ear {
  readonly heard = new Channel<Announcement>(WAITING_MAX)
  readonly #options: AnnouncementOptions
  /** When each was heard last, monotonic ms; the oldest first. */
  readonly #last = new Map<string, number>()
  #window = { startedMs: Number.NEGATIVE_INFINITY, heard: 0 }

  constructor(options: AnnouncementOptions) {
    this.#options = options
  }

  hear(datagram: Buffer, from: string): void {
    if (!this.#options.fence(from) || this.#isTooMuch()) return
    const { hellos, byes } = announcementsIn(datagram)
    for (const endpoint of byes) {
      if (this.#isNews(`bye ${endpoint} ${from}`)) this.heard.push({ kind: 'bye', endpoint, address: from })
    }
    for (const match of hellos) {
      if (this.#isNews(`hello ${match.endpoint} ${from}`)) this.#greet(match, from)
    }
  }

  #greet(match: Match, address: string): void {
    const { endpoint, types, scopes, xaddrs } = match
    const about = { endpoint, types, scopes, via: 'hello' as const }
    const place = placeOf(xaddrs, address)
    if (place) {
      this.heard.push({ kind: 'hello', sighting: { ...about, xaddrs, address, ...place } })
      return
    }
    // A Hello need not say where (WS-Discovery 2005/04, 4.1): the usual places are tried.
    const { clock, signal } = this.#options
    sightAt(address, USUAL_PORTS, clock, signal).then(
      (found) => found && this.heard.push({ kind: 'hello', sighting: { ...found, ...about } }),
      () => {}, // who does not answer is not sighted
    )
  }

  #isTooMuch(): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#window.startedMs >= WINDOW_MS) this.#window = { startedMs: nowMs, heard: 0 }
    this.#window.heard += 1
    return this.#window.heard > HEARD_MAX
  }

  #isNews(what: string): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    for (const [key, atMs] of this.#last) {
      if (nowMs - atMs < SAME_MS) break
      this.#last.delete(key)
    }
    if (this.#last.has(what)) return false
    this.#last.set(what, nowMs)
    return true
  }
}
