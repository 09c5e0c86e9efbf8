import { readdir } from 'node:fs/promises'
import { Bell } from '../base/bell.ts'
import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import type { Logger } from '../base/logger.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { Grant } from '../consent/consent.ts'
import type { Ledger } from '../egress/ledger.ts'
import type { HomeAssistant } from '../homeassistant/home-assistant.ts'
import type { Place } from '../homeassistant/memory.ts'
import type { CameraFacts, EventFacts, HealthFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import { brokerAccess } from '../transport/broker-access.ts'
import type { Witness } from './witness.ts'

interface ShownDeps {
  readonly agent: Id
  readonly config: Pick<AgentConfig, 'homeAssistant' | 'mqtt' | 'stateDir'>
  readonly ledger: Ledger
  readonly allows: (camera: Id) => boolean
  /** Every camera in the box's records. */
  readonly known: () => ReadonlySet<Id>
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

const TRY_AGAIN_MS = 60_000

/** Home Assistant as a switch: loaded where it is on, taken back where it was on, and turned while the agent runs. */
export class Shown implements Witness {
  readonly #deps: ShownDeps
  readonly #cameras = new Map<Id, { facts?: CameraFacts; health?: HealthFacts }>()
  readonly #bell: Bell
  #config: ShownDeps['config']
  #room: HomeAssistant | undefined
  #round: AbortController | undefined

  constructor(deps: ShownDeps) {
    this.#deps = deps
    this.#config = deps.config
    this.#bell = new Bell(deps.clock)
  }

  /** From now on as this configuration says. */
  use(config: ShownDeps['config']): void {
    this.#config = config
    this.#round?.abort()
    this.#bell.ring()
  }

  /** Until the signal fires. Never throws: what is wrong with the configuration of it is logged, and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', this.#bell.ring)
    while (!signal.aborted) {
      using round = new LinkedController(signal)
      this.#round = round
      const asked = this.#config
      try {
        await this.#work(round.signal)
      } catch (error) {
        this.#deps.logger.warn({ reason: describeError(error) }, 'Home Assistant is not told')
      }
      if (asked === this.#config && !signal.aborted)
        await this.#bell.wait(asked.homeAssistant.enabled ? TRY_AGAIN_MS : 1e9)
    }
    signal.removeEventListener('abort', this.#bell.ring)
  }

  camera(camera: Id, facts: CameraFacts): void {
    this.#cameras.set(camera, { ...this.#cameras.get(camera), facts })
    this.#room?.camera(camera, facts)
    this.#room?.allowSnapshots(camera, this.#deps.allows(camera))
  }

  health(camera: Id, health: HealthFacts): void {
    this.#cameras.set(camera, { ...this.#cameras.get(camera), health })
    this.#room?.health(camera, health)
  }

  event(camera: Id, event: EventFacts): void {
    this.#room?.event(camera, event)
  }

  /** What the owner allows may have changed. */
  review(): void {
    for (const camera of this.#cameras.keys()) this.#room?.allowSnapshots(camera, this.#deps.allows(camera))
  }

  /** Shows a picture, where Home Assistant is on; `read` gives its bytes. Never throws. */
  async snapshot(grant: Grant, read: () => Promise<Buffer>): Promise<void> {
    try {
      if (this.#room) await this.#room.snapshot(grant, await read())
    } catch (error) {
      this.#deps.logger.warn({ reason: describeError(error) }, 'A picture was not shown in Home Assistant')
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { enabled, discoveryPrefix, broker } = this.#config.homeAssistant
    const { stateDir, mqtt } = this.#config
    if (!enabled && !(await hasTraces(stateDir))) return
    const settings = broker ?? mqtt
    const { formerPlaces, moveTo } = await import('../homeassistant/memory.ts')
    const place =
      settings.url === undefined ? undefined : { broker: { ...settings, url: settings.url }, discoveryPrefix }
    await moveTo(stateDir, enabled ? place : undefined, place)
    const former = await formerPlaces(stateDir)
    // On the same broker one goes after the other: the states of both lie below the same topics.
    const [here, elsewhere] = [true, false].map((isHere) =>
      former.filter((each) => (enabled && each.place.broker.url === settings.url) === isHere),
    )
    await this.#leave(here ?? [], signal)
    const leaving = this.#leave(elsewhere ?? [], signal)
    if (enabled && place && !signal.aborted) await this.#stay(place, signal)
    await leaving
  }

  async #stay(place: Place, signal: AbortSignal): Promise<void> {
    using room = await this.#open(place)
    room.keepOnly(this.#deps.known())
    this.#room = room
    try {
      const known = this.#deps.known()
      for (const [camera, { facts, health }] of this.#cameras) {
        if (!known.has(camera)) continue
        if (facts) this.camera(camera, facts)
        if (health) this.health(camera, health)
      }
      await room.run(signal)
    } finally {
      this.#room = undefined
    }
  }

  /** Takes back what brokers hold where it was switched off, or that were set before. Never throws. */
  async #leave(
    places: readonly { readonly name: string; readonly place: Place }[],
    signal: AbortSignal,
  ): Promise<void> {
    const leaveOne = async ({ name, place }: (typeof places)[number]) => {
      try {
        using room = await this.#open(place, name)
        await room.withdraw(signal)
      } catch (error) {
        const facts = { broker: place.broker.url, reason: describeError(error) }
        this.#deps.logger.warn(facts, 'A former broker of Home Assistant could not be cleaned up')
      }
    }
    await Promise.all(places.map(leaveOne))
  }

  async #open(place: Place, memoryFile?: string): Promise<HomeAssistant> {
    const { HomeAssistant } = await import('../homeassistant/home-assistant.ts')
    const broker = await brokerAccess(place.broker, { url: undefined, clientId: `${this.#deps.agent}-ha` })
    const { discoveryPrefix } = place
    const { stateDir } = this.#config
    const where = { discoveryPrefix, stateDir, place, broker, ...(memoryFile !== undefined && { memoryFile }) }
    return await HomeAssistant.open({ ...this.#deps, ...where })
  }
}

/** Whether anything was ever announced that is not taken back yet. */
const hasTraces = async (stateDir: string): Promise<boolean> =>
  (await readdir(stateDir).catch(() => [])).some((name) => name.startsWith('homeassistant'))
