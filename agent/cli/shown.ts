import { Bell } from '../base/bell.ts'
import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import type { Logger } from '../base/logger.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { Grant } from '../consent/consent.ts'
import type { Ledger } from '../egress/ledger.ts'
import type { HomeAssistant } from '../homeassistant/home-assistant.ts'
import type { CameraFacts, EventFacts, HealthFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import { brokerAccess } from '../transport/broker-access.ts'
import type { Witness } from './witness.ts'

interface ShownDeps {
  readonly agent: Id
  readonly config: Pick<AgentConfig, 'homeAssistant' | 'mqtt' | 'stateDir'>
  readonly ledger: Ledger
  readonly allows: (camera: Id) => boolean
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
    const settings = broker ?? mqtt
    if (!enabled && settings.url === undefined) return
    const { HomeAssistant } = await import('../homeassistant/home-assistant.ts')
    const clientId = `${this.#deps.agent}-ha`
    const access = await brokerAccess(settings, { url: undefined, clientId })
    using room = await HomeAssistant.open({ ...this.#deps, discoveryPrefix, stateDir, broker: access })
    if (!enabled) return await room.withdraw(signal)
    this.#room = room
    try {
      for (const [camera, { facts, health }] of this.#cameras) {
        if (facts) this.camera(camera, facts)
        if (health) this.health(camera, health)
      }
      await room.run(signal)
    } finally {
      this.#room = undefined
    }
  }
}
