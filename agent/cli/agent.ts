import type { HookEvent } from '../../firmware-hooks/hooks/run-hooks.ts'
import type { Clock } from '../base/clock.ts'
import { describeError, LenscapError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Credential } from '../base/secret.ts'
import { VERSION } from '../base/version.ts'
import type { AgentConfig } from '../config/schema.ts'
import { Cap } from '../consent/cap.ts'
import { Consent } from '../consent/consent.ts'
import { discover } from '../discovery/discover.ts'
import { type Fence, fenceOf, inside } from '../discovery/fence.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { Egress } from '../egress/egress.ts'
import { Heard } from '../events/heard.ts'
import { readHost } from '../host/host.ts'
import type { CameraAccess } from '../inventory/access.ts'
import { type CameraChange, type DeviceTrouble, Inventory } from '../inventory/inventory.ts'
import { CLIP_SETTINGS } from '../media/cutter.ts'
import { MediaKeeper } from '../media/keeper.ts'
import { clearAtStart } from '../media/spool-file.ts'
import type { EventFacts, HealthFacts } from '../protocol/camera.ts'
import type { SignedGrant } from '../protocol/grant.ts'
import { Spool } from '../spool/spool.ts'
import type { Claimed } from '../transport/identity.ts'
import type { CommandResult, DownCommand } from '../transport/inbox.ts'
import type { StatusFacts } from '../transport/presence.ts'
import { runTransport } from '../transport/transport.ts'
import { CLIP_KINDS } from './clip-kinds.ts'
import { DeviceWatch } from './device-watch.ts'
import { Journal } from './journal.ts'
import { liveAccess } from './live-access.ts'
import { newsIn } from './news.ts'
import { runSchedules } from './schedules.ts'
import { openStateDatabase, statePaths } from './state.ts'

/** What the outside may hear of a running agent: counts, never content. */
interface AgentReport {
  readonly onConnected: (connected: boolean) => void
  /** Media that left, ever, by the ledger. */
  readonly onSent: (totals: { readonly bytes: number; readonly items: number }) => void
  readonly hook: (event: HookEvent, facts: object) => void
}

export interface AgentDeps {
  readonly config: AgentConfig
  readonly credentials: readonly Credential[]
  readonly identity: Claimed
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly report: AgentReport
}

/**
 * The composition root: the one place that knows all the rooms. Reading it from top to bottom tells the way of a sighting,
 * an event and a picture. What it opens it closes, in reverse.
 */
export class Agent {
  readonly #deps: AgentDeps
  readonly #stack = new DisposableStack()
  readonly #startedMs: number
  readonly #spool: Spool
  readonly #journal: Journal
  readonly #cap: Cap
  readonly #consent: Consent
  readonly #inventory: Inventory
  readonly #fence: Fence
  readonly #watch: DeviceWatch
  readonly #media: MediaKeeper
  readonly #egress: Egress
  /** Cameras told in full since this start. */
  readonly #told = new Set<string>()
  #wasCapOn: boolean

  constructor(deps: AgentDeps) {
    const { config, credentials, identity, clock, random, logger, signal, report } = deps
    const paths = statePaths(config)
    const common = { clock, random, logger, signal }
    this.#deps = deps
    this.#startedMs = clock.monotonicMs()
    this.#spool = this.#stack.use(new Spool({ path: paths.spool, clock, logger, bytesMax: config.spool.bytesMax }))
    this.#journal = new Journal(this.#spool, logger)
    const db = this.#stack.adopt(openStateDatabase(paths.state), (open) => open.close())
    this.#cap = new Cap(config.stateDir)
    this.#wasCapOn = this.#cap.isOn()
    this.#consent = this.#stack.use(
      new Consent({ db, pins: identity, cap: this.#cap, clock, onChange: () => this.#consentChanged() }),
    )
    this.#inventory = new Inventory({ db, credentials, clock })
    this.#fence = fenceOf(config.discovery.only)
    this.#watch = new DeviceWatch({
      ...common,
      heard: this.#stack.use(new Heard(db)),
      onEvent: (camera, event) => this.#onEvent(camera, event),
      onHealth: ({ camera }, health) => this.#onHealth(camera, health),
    })
    this.#egress = this.#stack.use(
      new Egress({
        ...common,
        stateDir: config.stateDir,
        grantFor: (camera, kind) => this.#consent.grant(camera, kind),
        target: { bridgeUrl: identity.bridgeUrl, agent: identity.agent, token: identity.token },
        onActivity: ({ kind, message, camera }) => {
          this.#journal.activity(kind, message, camera)
          report.onSent(this.#egress.totals())
        },
        limits: { bytesMax: config.media.queueBytesMax },
      }),
    )
    this.#media = new MediaKeeper({
      ...common,
      consent: this.#consent,
      folder: paths.media,
      settings: { ...CLIP_SETTINGS, preRollMs: config.media.preRollMs, postRollMs: config.media.postRollMs },
      onItem: (grant, item) => this.#egress.enqueue(grant, item),
      onTrouble: (camera, error) => this.#onMediaTrouble(camera, error),
      onFlowing: (camera) => this.#tellStream(camera, 'flowing'),
    })
  }

  /** Works until the signal fires, then ends everything it began. */
  async run(): Promise<void> {
    const { config, logger, signal, report } = this.#deps
    const { media } = statePaths(config)
    await clearAtStart(media)
    this.#journal.activity('agent-started', `The agent ${VERSION} has started`)
    report.onSent(this.#egress.totals())
    const stopSchedules = runSchedules(
      [
        { name: 'inventory', expression: config.inventory.schedule, work: () => this.#lookAt(this.#remembered()) },
        { name: 'host', expression: config.host.schedule, work: () => this.#tellHost() },
        {
          name: 'snapshots',
          expression: config.media.snapshotSchedule,
          work: async () => void (await this.#media.snapshots('schedule')),
        },
      ],
      logger,
    )
    try {
      await Promise.all([this.#connect(), this.#egress.run(signal), this.#lookRound(), this.#tellHost()])
    } finally {
      stopSchedules()
      await Promise.all([this.#watch.ended(), this.#media.ended()])
      this.#stack.dispose()
    }
  }

  /** The box's connection: what comes down is handed to the rooms here. */
  #connect(): Promise<void> {
    const { identity, clock, random, logger, signal, report } = this.#deps
    return runTransport({
      identity,
      spool: this.#spool,
      status: () => this.#status(),
      handlers: { onGrant: (grant) => this.#onGrant(grant), onCommand: (command) => this.#onCommand(command) },
      onState: ({ connected }) => report.onConnected(connected),
      clock,
      random,
      logger,
      signal,
    })
  }

  #status(): StatusFacts {
    const uptimeS = Math.round((this.#deps.clock.monotonicMs() - this.#startedMs) / 1000)
    return { version: VERSION, uptimeS, cap: this.#cap.isOn(), spool: this.#spool.depth() }
  }

  /** Known cameras first, wherever they were; then whoever answers, again and again. */
  async #lookRound(): Promise<void> {
    const { config, clock, signal } = this.#deps
    const { ranges, hosts, multicast, interfaces, port, intervalS } = config.discovery
    const where = { cidrs: ranges, hosts, multicast, discoveryPort: port, ...(interfaces.length > 0 && { interfaces }) }
    await this.#lookAt(this.#remembered())
    while (!signal.aborted) {
      const sightings = discover({ ...where, clock, signal })
      await this.#lookAt(newsIn(sightings, this.#inventory))
      await clock.sleep(intervalS * 1000, signal).catch(() => {})
    }
  }

  #remembered(): Sighting[] {
    return this.#inventory.remembered()
  }

  async #lookAt(sightings: AsyncIterable<Sighting> | Iterable<Sighting>): Promise<void> {
    const { logger, signal } = this.#deps
    try {
      for await (const news of this.#inventory.refresh(inside(sightings, this.#fence), signal)) {
        if (news.kind === 'camera') this.#onCamera(news)
        else this.#onDeviceTrouble(news)
      }
    } catch (error) {
      if (!signal.aborted) logger.error({ reason: describeError(error) }, 'Looking for cameras failed')
    }
    this.#attend()
  }

  /** Sees to it that every camera read so far is told, watched and, where allowed, recorded. */
  #attend(): void {
    for (const handle of this.#inventory.devices()) {
      this.#watch.add(handle)
      for (const { camera, facts } of handle.cameras) {
        if (this.#told.has(camera)) continue
        this.#told.add(camera)
        this.#journal.tell({ name: 'camera-info', id: camera, body: { info: facts } })
        this.#media.add(liveAccess(camera, this.#inventory))
      }
    }
  }

  #onCamera({ camera, facts, changed, movedFrom }: CameraChange): void {
    const { report } = this.#deps
    const name = `${facts.manufacturer} ${facts.model} at ${facts.address}`
    if (changed === 'new') {
      this.#journal.activity('camera-discovered', `Found ${name}`, camera)
      report.hook('camera-found', { camera, name: facts.name, address: facts.address })
    } else if (movedFrom) {
      this.#journal.activity('camera-moved', `${name} was at ${movedFrom} before`, camera)
      this.#watch.moved(facts.device, movedFrom)
    } else {
      this.#journal.activity('camera-changed', `${name} changed: ${changed.join(', ')}`, camera)
    }
    if (this.#told.has(camera)) this.#journal.tell({ name: 'camera-info', id: camera, body: { info: facts } })
    this.#attend()
  }

  #onDeviceTrouble({ address, port, error }: DeviceTrouble): void {
    this.#deps.logger.warn({ address, port, kind: error.kind, reason: describeError(error) }, 'A device was not read')
  }

  #onEvent({ camera }: CameraAccess, event: EventFacts): void {
    this.#journal.tell({ name: 'camera-event', id: camera, body: { event } })
    if (event.active !== false && CLIP_KINDS.has(event.kind)) {
      this.#media.trigger(camera, event.kind, this.#deps.clock.nowMs())
    }
  }

  #onHealth(camera: string, health: HealthFacts): void {
    this.#journal.tell({ name: 'camera-health', id: camera, body: { health } })
  }

  #onMediaTrouble(camera: string, error: unknown): void {
    this.#deps.logger.warn({ camera, reason: describeError(error) }, 'No picture came')
    if (error instanceof LenscapError && error.facts['diagnosis'] === 'STREAM_STALLED') {
      this.#tellStream(camera, 'stalled')
    }
  }

  #tellStream(camera: string, state: 'stalled' | 'flowing'): void {
    const device = this.#inventory.camera(camera)?.deviceHandle.id
    if (device) this.#watch.stream(device, state)
  }

  #onGrant(grant: SignedGrant): void {
    try {
      if (this.#consent.accept(grant) === 'held already') return
      this.#journal.activity('grant-taken', `Took the owner's grant ${this.#consent.serial}`)
      this.#deps.report.hook('grant-changed', { serial: this.#consent.serial })
    } catch (error) {
      this.#journal.activity('grant-refused', `Refused a grant: ${describeError(error)}`)
    }
  }

  #consentChanged(): void {
    const capOn = this.#cap.isOn()
    if (capOn !== this.#wasCapOn) {
      this.#wasCapOn = capOn
      const kind = capOn ? 'cap-on' : 'cap-off'
      this.#journal.activity(kind, capOn ? 'The cap was put on: nothing leaves' : 'The cap was taken off')
      this.#deps.report.hook(kind, {})
    }
    this.#media.review()
  }

  async #onCommand({ name, camera }: DownCommand): Promise<CommandResult> {
    if (name === 'refresh') {
      await this.#lookAt(this.#remembered())
      return { ok: true, message: `Read ${this.#inventory.devices().length} devices again` }
    }
    if (name === 'snapshot') {
      const taken = await this.#media.snapshots('asked', camera)
      return taken > 0 ? { ok: true, message: 'Taken' } : { ok: false, message: 'No snapshot could be taken' }
    }
    return { ok: false, message: `This agent does not know "${name}"` }
  }

  async #tellHost(): Promise<void> {
    this.#journal.tell({ name: 'host', body: { host: await readHost() } })
  }
}
