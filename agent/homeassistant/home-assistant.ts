import { createHash } from 'node:crypto'
import { describeError, LenscapError } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import type { Grant } from '../consent/consent.ts'
import type { Ledger } from '../egress/ledger.ts'
import { ADVICE } from '../health/advice.ts'
import type { CameraFacts, EventFacts, HealthFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import { discoveryOf } from './discovery.ts'
import { Link, type LinkDeps, type LinkLimits } from './link.ts'
import { type Known, type Place, recall, remember } from './memory.ts'
import { Mirror } from './mirror.ts'
import { agentTopic, cameraTopics, isSensorKind, retainedTopics, SENSOR_KINDS, type SensorKind } from './topics.ts'

export interface HomeAssistantDeps extends LinkDeps {
  readonly stateDir: string
  /** Kept beside what is announced, so that it can be taken back there. */
  readonly place?: Place
  /** The file of what was announced, where it is not the usual one. */
  readonly memoryFile?: string
  /** What left is written here: a picture for Home Assistant leaves the box like any other. */
  readonly ledger: Pick<Ledger, 'append'>
  readonly limits?: Partial<HomeAssistantLimits>
}

export interface HomeAssistantLimits extends LinkLimits {
  /** How long an event without an end is shown. */
  readonly pulseMs: number
}

const LIMITS: HomeAssistantLimits = {
  connectTimeoutMs: 10_000,
  retry: { firstDelayMs: 1000, delayMsMax: 120_000, steadyAfterMs: 30_000 },
  pulseMs: 10_000,
}
const PICTURE_BYTES_MAX = 4 * 1024 * 1024
const PICTURE_EXPIRY_S = 600

interface Shown {
  facts: CameraFacts | undefined
  snapshot: boolean
  readonly known: Known
}

/** Shows the cameras in Home Assistant through a broker of the owner's choice. Without a `Grant`: no picture. */
export class HomeAssistant implements Disposable {
  readonly #deps: HomeAssistantDeps
  readonly #limits: HomeAssistantLimits
  readonly #mirror: Mirror
  readonly #link: Link
  readonly #cameras = new Map<Id, Shown>()
  /** Forgotten, while the broker does not know yet. */
  readonly #leaving = new Map<Id, Known>()
  readonly #pulses = new Map<string, NodeJS.Timeout>()
  #remembering: Promise<void> = Promise.resolve()

  private constructor(deps: HomeAssistantDeps, known: ReadonlyMap<Id, Known>) {
    this.#deps = deps
    this.#limits = { ...LIMITS, ...deps.limits }
    this.#mirror = new Mirror(deps.clock, () => this.#settled())
    this.#link = new Link(deps, this.#mirror, this.#limits)
    for (const [camera, each] of known) this.#cameras.set(camera, { facts: undefined, snapshot: false, known: each })
  }

  /** With what former runs have announced. */
  static async open(deps: HomeAssistantDeps): Promise<HomeAssistant> {
    return new HomeAssistant(deps, await recall(deps.stateDir, deps.memoryFile))
  }

  /** A camera that is known, or of which something changed. */
  camera(camera: Id, facts: CameraFacts): void {
    const shown = this.#shown(camera)
    shown.facts = facts
    if (facts.services.some(({ namespace }) => /\/events\//.test(namespace))) this.#learn(camera, 'motion')
    this.#announce(camera)
  }

  health(camera: Id, { level, diagnoses, latencyMs }: HealthFacts): void {
    const topics = this.#topics(camera)
    const isThere = level !== 'unreachable'
    this.#mirror.set(topics.online, isThere ? 'ON' : 'OFF')
    this.#mirror.set(topics.diagnosis, diagnoses[0]?.code ?? 'OK')
    const told = diagnoses.map(({ code, detail }) => ({ code, detail, advice: ADVICE[code] }))
    // The latency changes each time: as a class it tells as much, and is no message a minute.
    const slow = latencyMs !== undefined && latencyMs > 1000
    this.#mirror.set(topics.details, JSON.stringify({ level, slow, diagnoses: told }))
    if (!isThere) this.#quiet(camera)
  }

  event(camera: Id, { kind, active }: EventFacts): void {
    // What may have ended unheard must not be shown for ever.
    if (kind === 'gap') this.#quiet(camera)
    if (!isSensorKind(kind)) return
    if (this.#learn(camera, kind)) this.#announce(camera)
    const topic = this.#topics(camera).sensor(kind)
    clearTimeout(this.#pulses.get(topic))
    this.#mirror.set(topic, active === false ? 'OFF' : 'ON')
    if (active !== undefined) return
    this.#pulses.set(topic, setTimeout(() => this.#mirror.set(topic, 'OFF'), this.#limits.pulseMs).unref())
  }

  /** Whether the owner allows snapshots of this camera now: only then there is an entity for them. */
  allowSnapshots(camera: Id, allowed: boolean): void {
    const shown = this.#shown(camera)
    if (shown.snapshot === allowed) return
    shown.snapshot = allowed
    if (allowed && !shown.known.snapshot) this.#know(camera, { ...shown.known, snapshot: true })
    this.#announce(camera)
  }

  /**
   * Sends one picture, while permission stands. It is not retained: a broker keeps none of it. Where there is no
   * connection it is let go.
   * @throws LenscapError `refused` without permission, `limit` for a picture that is too large, what the connection throws
   */
  async snapshot(grant: Grant, jpeg: Buffer): Promise<void> {
    grant.check()
    if (grant.kind !== 'snapshot') throw new LenscapError('refused', 'This permission is not for snapshots')
    if (jpeg.length > PICTURE_BYTES_MAX)
      throw new LenscapError('limit', 'The picture is too large', { bytes: jpeg.length })
    const { connection } = this.#link
    if (connection === undefined || !this.#shown(grant.camera).snapshot) return
    const { ledger, clock } = this.#deps
    const { camera, kind, serial: grantSerial } = grant
    const sha256 = createHash('sha256').update(jpeg).digest('hex')
    const entry = { item: newId(), camera, kind, grantSerial, sha256, bytes: jpeg.length }
    ledger.append({ ...entry, at: clock.nowMs(), outcome: 'begun' })
    grant.check()
    const sent = connection.publish(this.#topics(camera).snapshot, jpeg, false, PICTURE_EXPIRY_S)
    const outcome = await sent.then(() => 'done' as const).catch(() => 'cut' as const)
    ledger.append({ ...entry, at: clock.nowMs(), outcome })
  }

  /** The camera is gone for good: so are its device and all that the broker held of it. */
  forget(camera: Id): void {
    const shown = this.#cameras.get(camera)
    this.#cameras.delete(camera)
    if (shown) this.#leaving.set(camera, shown.known)
    for (const topic of this.#retained(camera)) this.#mirror.set(topic, '')
    for (const kind of SENSOR_KINDS) clearTimeout(this.#pulses.get(this.#topics(camera).sensor(kind)))
    this.#save()
  }

  /** Forgets those that former runs announced and that are not among these. */
  keepOnly(cameras: ReadonlySet<Id>): void {
    for (const camera of [...this.#cameras.keys()]) if (!cameras.has(camera)) this.forget(camera)
  }

  /** Stays connected until the signal fires, then says that the agent is gone. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#link.run(signal, 'stay')
    await this.#remembering
  }

  /**
   * Takes everything back that was ever announced; for when Home Assistant was switched off. Tries until it is done or
   * the signal fires.
   */
  async withdraw(signal: AbortSignal): Promise<void> {
    if (this.#cameras.size === 0) return
    const { agent } = this.#deps
    for (const camera of this.#cameras.keys()) for (const topic of this.#retained(camera)) this.#mirror.set(topic, '')
    this.#mirror.set(agentTopic(agent), '')
    await this.#link.run(signal, 'leave')
    if (!this.#mirror.settled) return
    this.#cameras.clear()
    this.#save()
    await this.#remembering
  }

  [Symbol.dispose](): void {
    for (const pulse of this.#pulses.values()) clearTimeout(pulse)
  }

  #announce(camera: Id): void {
    const { agent, discoveryPrefix } = this.#deps
    const { facts, known, snapshot } = this.#shown(camera)
    if (facts === undefined) return
    const shown = snapshot ? 'shown' : known.snapshot ? 'gone' : 'never'
    const payload = discoveryOf({ camera, facts, kinds: known.kinds, snapshot: shown }, agent, discoveryPrefix)
    this.#mirror.set(this.#topics(camera).config, JSON.stringify(payload))
  }

  /** Whether that is news. */
  #learn(camera: Id, kind: SensorKind): boolean {
    const { known } = this.#shown(camera)
    if (known.kinds.includes(kind)) return false
    this.#know(camera, { ...known, kinds: [...known.kinds, kind] })
    this.#mirror.set(this.#topics(camera).sensor(kind), 'OFF')
    return true
  }

  #know(camera: Id, known: Known): void {
    this.#cameras.set(camera, { ...this.#shown(camera), known })
    this.#save()
  }

  #shown(camera: Id): Shown {
    const shown = this.#cameras.get(camera)
    if (shown) return shown
    const made: Shown = { facts: undefined, snapshot: false, known: { kinds: [], snapshot: false } }
    this.#cameras.set(camera, made)
    this.#save()
    return made
  }

  #quiet(camera: Id): void {
    for (const kind of this.#shown(camera).known.kinds) this.#mirror.set(this.#topics(camera).sensor(kind), 'OFF')
  }

  #topics(camera: Id) {
    return cameraTopics(this.#deps.discoveryPrefix, this.#deps.agent, camera)
  }

  #retained(camera: Id): string[] {
    return retainedTopics(this.#deps.discoveryPrefix, this.#deps.agent, camera)
  }

  #settled(): void {
    if (this.#leaving.size === 0) return
    this.#leaving.clear()
    this.#save()
  }

  /** One write after the other; what the disk refuses costs a device that lingers, not the agent. */
  #save(): void {
    const { stateDir, logger, place, memoryFile } = this.#deps
    const all = () => new Map([...this.#leaving, ...[...this.#cameras].map(([id, { known }]) => [id, known] as const)])
    this.#remembering = this.#remembering
      .then(() => remember(stateDir, all(), place, memoryFile))
      .catch((error: unknown) => {
        logger.warn({ reason: describeError(error) }, 'What Home Assistant was told could not be kept')
      })
  }
}
