import type { HookEvent } from '../../firmware-hooks/hooks/run-hooks.ts'
import type { Clock } from '../base/clock.ts'
import { describeError, LenscapError } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import type { Logger } from '../base/logger.ts'
import { VERSION } from '../base/version.ts'
import type { AgentConfig } from '../config/schema.ts'
import { Cap } from '../consent/cap.ts'
import { Consent } from '../consent/consent.ts'
import type { CredentialBook } from '../credentials/book.ts'
import { Egress, type EgressActivity } from '../egress/egress.ts'
import { isWorthAPicture } from '../events/kinds.ts'
import { healthUnread } from '../health/assess.ts'
import { HealthStore } from '../health/store.ts'
import { readHost } from '../host/host.ts'
import type { CameraAccess } from '../inventory/access.ts'
import type { CameraChange, DeviceTrouble, Inventory } from '../inventory/inventory.ts'
import { CLIP_SETTINGS } from '../media/cutter.ts'
import { MediaKeeper } from '../media/keeper.ts'
import { clearAtStart } from '../media/spool-file.ts'
import type { EventFacts, HealthFacts, HealthLevel } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import type { SignedGrant } from '../protocol/grant.ts'
import { Spool } from '../spool/spool.ts'
import type { Claimed } from '../transport/identity.ts'
import type { CommandResult, DownCommand } from '../transport/inbox.ts'
import type { StatusFacts } from '../transport/presence.ts'
import { runTransport } from '../transport/transport.ts'
import { DeviceWatch } from './device-watch.ts'
import { wordsOf } from './device-words.ts'
import { Journal } from './journal.ts'
import { openInventory } from './known-cameras.ts'
import { liveAccess } from './live-access.ts'
import { runSchedules } from './schedules.ts'
import { Search } from './search.ts'
import { openStateDatabase, statePaths } from './state.ts'
import { together } from './together.ts'

/** What the outside may hear of a running agent: counts, never content. */
interface AgentReport {
  readonly onConnected: (connected: boolean) => void
  /** Media that left, ever, by the ledger. */
  readonly onSent: (totals: { readonly bytes: number; readonly items: number }) => void
  readonly hook: (event: HookEvent, facts: object) => void
}

export interface AgentDeps {
  readonly config: AgentConfig
  readonly credentials: CredentialBook
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
  /** Fires when the agent is told to stop, or when a part of it fails beyond repair. */
  readonly #stop: LinkedController
  readonly #startedMs: number
  readonly #journal: Journal
  readonly #spool: Spool
  readonly #cap: Cap
  readonly #consent: Consent
  readonly #inventory: Inventory
  readonly #health: HealthStore
  readonly #search: Search
  readonly #watch: DeviceWatch
  readonly #egress: Egress
  readonly #media: MediaKeeper
  /** Cameras told in full since this start. */
  readonly #told = new Set<Id>()
  readonly #levels = new Map<Id, HealthLevel>()
  #wasCapOn: boolean

  /** @throws LenscapError `storage` where the state folder can't be used */
  constructor(deps: AgentDeps) {
    const { config, credentials, identity, clock, random, logger } = deps
    const paths = statePaths(config)
    this.#deps = deps
    this.#startedMs = clock.monotonicMs()
    this.#stop = this.#stack.use(new LinkedController(deps.signal))
    const common = { clock, random, logger, signal: this.#stop.signal }
    this.#spool = this.#stack.use(new Spool({ path: paths.spool, clock, logger, bytesMax: config.spool.bytesMax }))
    this.#journal = new Journal(this.#spool, logger)
    const db = this.#stack.adopt(openStateDatabase(paths.state), (open) => open.close())
    this.#cap = new Cap(config.stateDir)
    this.#wasCapOn = this.#cap.isOn()
    const onConsent = () => this.#consentChanged()
    this.#consent = this.#stack.use(new Consent({ db, pins: identity, cap: this.#cap, clock, onChange: onConsent }))
    this.#inventory = openInventory(db, credentials, config.discovery, clock)
    this.#health = new HealthStore(db)
    this.#search = new Search({
      ...common,
      discovery: config.discovery,
      inventory: this.#inventory,
      onCamera: (news) => this.#onCamera(news),
      onTrouble: (news) => this.#onTrouble(news),
      onPass: () => this.#attend(),
      onAnnounced: (device) => this.#watch.announced(device),
    })
    this.#watch = new DeviceWatch({
      ...common,
      ...wordsOf({ config, db, stack: this.#stack, journal: this.#journal, credentials: () => credentials.sets() }),
      onEvent: ({ camera }, event) => this.#onEvent(camera, event),
      onHealth: (camera, health) => this.#onHealth(camera, health),
    })
    this.#egress = this.#stack.use(
      new Egress({
        ...common,
        stateDir: config.stateDir,
        grantFor: (camera, kind) => this.#consent.grant(camera, kind),
        target: { bridgeUrl: identity.bridgeUrl, agent: identity.agent, token: identity.token },
        onActivity: (activity) => this.#onEgress(activity),
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
      onFlowing: (camera) => this.#onStream(camera, 'flowing'),
    })
  }

  /** Works until the signal fires, then ends everything it began. @throws what a part failed with, when all have ended */
  async run(): Promise<void> {
    using _ = this.#stack
    const { config, clock, credentials, logger, report } = this.#deps
    const { signal } = this.#stop
    const left = await clearAtStart(statePaths(config).media)
    if (left > 0) logger.warn({ files: left }, 'Media that a crash left before it was queued was removed')
    this.#journal.activity('agent-started', `The agent ${VERSION} has started`)
    report.onSent(this.#egress.totals())
    const jobs = [
      { name: 'inventory', expression: config.inventory.schedule, work: () => this.#search.readAgain() },
      { name: 'host', expression: config.host.schedule, work: () => this.#tellHost() },
      { name: 'snapshots', expression: config.media.snapshotSchedule, work: () => this.#takeSnapshots() },
    ]
    const works = [
      this.#connect(),
      this.#egress.run(signal),
      this.#search.run(),
      credentials.watch(() => this.#credentialsChanged(), signal),
      this.#tellHost(),
      runSchedules(jobs, { clock, logger, signal }),
    ]
    try {
      await together(this.#stop, works)
    } finally {
      await Promise.all([this.#watch.ended(), this.#media.ended()])
    }
  }

  /** The box's connection: what comes down is handed to the rooms here. */
  #connect(): Promise<void> {
    const { identity, clock, random, logger, report } = this.#deps
    return runTransport({
      identity,
      spool: this.#spool,
      status: () => this.#status(),
      handlers: { onGrant: (grant) => this.#onGrant(grant), onCommand: (command) => this.#onCommand(command) },
      onState: ({ connected }) => report.onConnected(connected),
      clock,
      random,
      logger,
      signal: this.#stop.signal,
    })
  }

  #status(): StatusFacts {
    const uptimeS = Math.round((this.#deps.clock.monotonicMs() - this.#startedMs) / 1000)
    return { version: VERSION, uptimeS, cap: this.#cap.isOn(), spool: this.#spool.depth() }
  }

  async #tellHost(): Promise<void> {
    this.#journal.tell({ name: 'host', body: { host: await readHost() } })
  }

  /** Whoever is not let in is tried with the new ones at once. */
  #credentialsChanged(): void {
    this.#deps.logger.info({ sets: this.#deps.credentials.sets().length }, 'The credentials have changed')
    this.#inventory.use()
    void this.#search.readAgain()
  }

  #onCamera({ camera, facts, changed, movedFrom }: CameraChange): void {
    const name = `${facts.manufacturer} ${facts.model} at ${facts.address}`
    if (changed === 'new') {
      this.#journal.activity('camera-discovered', `Found ${name}`, camera)
      this.#deps.report.hook('camera-found', { camera, name: facts.name, address: facts.address })
    } else if (movedFrom) {
      this.#journal.activity('camera-moved', `${name} was at ${movedFrom} before`, camera)
      this.#watch.moved(facts.device, movedFrom)
    } else {
      this.#journal.activity('camera-changed', `${name} changed: ${changed.join(', ')}`, camera)
    }
    if (this.#told.has(camera)) this.#journal.tell({ name: 'camera-info', id: camera, body: { info: facts } })
    this.#attend()
    this.#media.changed(camera)
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
    // Who signs in to a camera may have changed with this reading.
    this.#media.review()
  }

  #onEvent(camera: Id, event: EventFacts): void {
    this.#journal.tell({ name: 'camera-event', id: camera, body: { event } })
    if (isWorthAPicture(event)) this.#media.trigger(camera, event.kind, this.#deps.clock.nowMs())
  }

  /** A known device that does not answer since the start has nobody who watches it: what the bridge last heard is stale. */
  #onTrouble({ device, error }: DeviceTrouble): void {
    if (device === undefined || this.#inventory.devices().some(({ id }) => id === device)) return
    const health = healthUnread(error)
    for (const known of this.#inventory.remembers(device)) {
      if (this.#levels.get(known.camera) !== health.level) this.#onHealth(known, health)
    }
  }

  #onHealth({ camera, facts }: Pick<CameraAccess, 'camera' | 'facts'>, health: HealthFacts): void {
    this.#journal.tell({ name: 'camera-health', id: camera, body: { health } })
    const wasGone = this.#levels.get(camera) === 'unreachable'
    const isGone = health.level === 'unreachable'
    this.#levels.set(camera, health.level)
    this.#health.save(camera, this.#deps.clock.nowMs(), health)
    if (isGone === wasGone) return
    const name = `${facts.manufacturer} ${facts.model} at ${facts.address}`
    if (isGone) {
      this.#journal.activity('camera-lost', `${name} does not answer any more`, camera)
      this.#deps.report.hook('camera-lost', { camera, name: facts.name, address: facts.address })
    } else this.#journal.activity('camera-returned', `${name} answers again`, camera)
  }

  async #takeSnapshots(): Promise<void> {
    await this.#media.snapshots('schedule')
  }

  #onMediaTrouble(camera: Id, error: unknown): void {
    this.#deps.logger.warn({ camera, reason: describeError(error) }, 'No picture came')
    const isStall = error instanceof LenscapError && error.facts['diagnosis'] === 'STREAM_STALLED'
    if (isStall) this.#onStream(camera, 'stalled')
  }

  #onStream(camera: Id, state: 'stalled' | 'flowing'): void {
    const device = this.#inventory.camera(camera)?.deviceHandle.id
    if (device) this.#watch.stream(device, state)
  }

  #onEgress({ kind, message, camera }: EgressActivity): void {
    this.#journal.activity(kind, message, camera)
    this.#deps.report.onSent(this.#egress.totals())
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
      await this.#search.readAgain()
      return { ok: true, message: `Read ${this.#inventory.devices().length} devices again` }
    }
    if (name === 'snapshot') {
      const taken = await this.#media.snapshots('asked', camera)
      return taken > 0 ? { ok: true, message: 'Taken' } : { ok: false, message: 'No snapshot could be taken' }
    }
    return { ok: false, message: `This agent does not know "${name}"` }
  }
}
