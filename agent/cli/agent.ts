import { readFile } from 'node:fs/promises'
import type { Database } from '../base/database.ts'
import { describeError } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import { VERSION } from '../base/version.ts'
import type { AgentConfig } from '../config/schema.ts'
import { Cap } from '../consent/cap.ts'
import { Consent, type Grant } from '../consent/consent.ts'
import type { CredentialSet } from '../credentials/for.ts'
import { RefusalLog } from '../credentials/refusal-log.ts'
import { Egress, type EgressActivity } from '../egress/egress.ts'
import { keepingOf } from '../egress/retention.ts'
import { HealthStore } from '../health/store.ts'
import { readHost } from '../host/host.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { MediaItem } from '../media/item.ts'
import { MediaKeeper } from '../media/keeper.ts'
import { recordingOf } from '../media/recording.ts'
import { clearAtStart } from '../media/spool-file.ts'
import type { AgentFacts } from '../metrics/agent-metrics.ts'
import type { Id } from '../protocol/envelope.ts'
import type { SignedGrant } from '../protocol/grant.ts'
import { Spool } from '../spool/spool.ts'
import type { CommandResult, DownCommand } from '../transport/inbox.ts'
import type { StatusFacts } from '../transport/presence.ts'
import { runTransport } from '../transport/transport.ts'
import type { AgentDeps } from './agent-deps.ts'
import { CameraNews } from './camera-news.ts'
import { DeviceWatch } from './device-watch.ts'
import { wordsOf } from './device-words.ts'
import { forgetIn, forgottenIn } from './forget.ts'
import { Forgetting } from './forgetting.ts'
import { idsIn } from './inspect.ts'
import { Journal } from './journal.ts'
import { followCredentials, openInventory } from './known-cameras.ts'
import { liveSessions } from './live.ts'
import type { LiveSessions } from './live-sessions.ts'
import { obey } from './obey.ts'
import { runSchedules } from './schedules.ts'
import { Search } from './search.ts'
import { Shown } from './shown.ts'
import { openOwnState, statePaths } from './state.ts'
import { together } from './together.ts'

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
  readonly #db: Database
  readonly #spool: Spool
  readonly #cap: Cap
  readonly #consent: Consent
  readonly #inventory: Inventory
  readonly #news: CameraNews
  readonly #search: Search
  readonly #watch: DeviceWatch
  readonly #egress: Egress
  readonly #media: MediaKeeper
  readonly #live: LiveSessions
  readonly #shown: Shown
  #config: AgentConfig
  #schedules: AbortController | undefined
  #wasCapOn: boolean

  /** @throws LenscapError `storage` where the state folder can't be used */
  constructor(deps: AgentDeps) {
    this.#deps = deps
    const { config, credentials, identity, clock, random, logger } = deps
    const paths = statePaths(config)
    this.#config = config
    this.#startedMs = clock.monotonicMs()
    this.#stop = this.#stack.use(new LinkedController(deps.signal))
    const common = { clock, random, logger, signal: this.#stop.signal }
    this.#spool = this.#stack.use(new Spool({ path: paths.spool, clock, logger, bytesMax: config.spool.bytesMax }))
    this.#journal = new Journal(this.#spool, logger, (text, camera) => deps.overview.activity(text, camera))
    const db = this.#stack.adopt(openOwnState(paths.state, clock, this.#journal), (open) => open.close())
    this.#cap = new Cap(config.stateDir)
    this.#wasCapOn = this.#cap.isOn()
    this.#db = db
    this.#consent = this.#stack.use(new Consent({ db, pins: identity, cap: this.#cap, clock, onChange: this.#judge }))
    this.#inventory = openInventory(db, credentials, config.discovery, clock)
    this.#news = new CameraNews({
      journal: this.#journal,
      inventory: this.#inventory,
      health: new HealthStore(db),
      followers: () => ({ watch: this.#watch, media: this.#media, witnesses: [deps.overview, this.#shown] }),
      hook: deps.report.hook,
      clock,
    })
    this.#search = new Search({
      ...common,
      discovery: config.discovery,
      inventory: this.#inventory,
      onCamera: (news) => this.#news.found(news),
      onTrouble: (news) => this.#news.trouble(news),
      ...{ onPass: () => this.#news.attend(), onAnnounced: (device: Id) => this.#watch.announced(device) },
    })
    this.#watch = new DeviceWatch({
      ...common,
      ...wordsOf({ config, db, stack: this.#stack, journal: this.#journal, credentials }),
      onEvent: ({ camera }, event) => this.#news.event(camera, event),
      onHealth: (camera, health) => this.#news.health(camera, health),
    })
    this.#egress = this.#stack.use(
      new Egress({
        ...common,
        stateDir: config.stateDir,
        grantFor: (camera, kind) => this.#consent.grant(camera, kind),
        target: { bridgeUrl: identity.bridgeUrl, agent: identity.agent, token: identity.token },
        onActivity: (activity) => this.#onEgress(activity),
        onLedger: (rows) => this.#spool.append({ name: 'ledger', body: { rows } }),
        limits: { ...keepingOf(config.media), ...config.upload },
      }),
    )
    this.#media = new MediaKeeper({
      ...common,
      ...{ consent: this.#consent, folder: paths.media, refusals: new RefusalLog(db, credentials) },
      ...recordingOf(config.media),
      onItem: (grant, item) => this.#onItem(grant, item),
      onTrouble: (camera, error) => logger.warn({ camera, reason: describeError(error) }, 'No picture came'),
      onStream: (camera, why) => this.#onStream(camera, why),
    })
    this.#live = this.#watchLive(common)
    this.#shown = this.#show(common)
  }

  #show(common: Pick<AgentDeps, 'clock' | 'random' | 'logger' | 'signal'>): Shown {
    const { identity, config } = this.#deps
    const about = { agent: identity.agent, config, ledger: this.#egress.ledger, known: () => idsIn(this.#db) }
    return new Shown({ ...common, ...about, allows: (camera) => this.#consent.allows(camera, 'snapshot') })
  }

  #watchLive(common: Pick<AgentDeps, 'clock' | 'random' | 'logger' | 'signal'>): LiveSessions {
    const rooms = { consent: this.#consent, inventory: this.#inventory, media: this.#media, egress: this.#egress }
    return liveSessions({ ...this.#deps, ...common, ...rooms, journal: this.#journal })
  }

  #forgetting(): Forgetting {
    const { clock, logger, report } = this.#deps
    return new Forgetting({
      ...{ db: this.#db, consent: this.#consent, egress: this.#egress, journal: this.#journal, clock, logger },
      isThere: (camera) => this.#news.isThere(camera),
      afterDays: () => this.#config.inventory.forgetAfterDays,
      onForgotten: report.onForgotten,
    })
  }

  /** Works until the signal fires, then ends everything it began. @throws what a part failed with, when all have ended */
  async run(): Promise<void> {
    using _ = this.#stack
    const { config, credentials, logger, report } = this.#deps
    const { signal } = this.#stop
    const left = await clearAtStart(statePaths(config).media)
    if (left > 0) logger.warn({ files: left }, 'Media that a crash left before it was queued was removed')
    this.#journal.activity('agent-started', `The agent ${VERSION} has started`)
    report.onSent(this.#egress.totals())
    this.#news.tellForgotten(this.#db)
    const works = [
      this.#connect(),
      this.#egress.run(signal),
      this.#search.run(),
      followCredentials(credentials, this.#inventory, this.#search, this.#watch, logger, signal),
      this.#tellHost(),
      this.#keepSchedules(),
      this.#shown.run(signal),
      this.#forgetting().run(signal),
    ]
    try {
      await together(this.#stop, works)
    } finally {
      await Promise.all([this.#watch.ended(), this.#media.ended(), this.#live.ended()])
    }
  }

  /**
   * Takes what can be taken while it runs; the rest of the configuration counts after a restart.
   * @throws LenscapError `invalid` for what only discovery understands
   */
  use(config: AgentConfig, configured: readonly CredentialSet[]): void {
    this.#search.use(config.discovery)
    this.#deps.credentials.configure(configured)
    this.#inventory.use()
    this.#config = config
    this.#shown.use(config)
    this.#egress.use(keepingOf(config.media))
    this.#schedules?.abort()
    void this.#search.readAgain()
  }

  /** Takes a camera out of the records; end this life then, and begin anew. @throws LenscapError `invalid` for an unknown one */
  readonly forget = (camera: Id): void => forgetIn(this.#db, camera, 'by-hand')

  /** What the agent counts. */
  facts(): Omit<AgentFacts, 'process'> {
    const { overview } = this.#deps
    const { items: queuedItems, bytes: queuedBytes } = this.#egress.queued()
    const cameras = overview.cameras().map(({ camera, level }) => ({ camera, level }))
    const egress = { ...this.#egress.totals(), queuedItems, queuedBytes }
    return { ...this.#status(), ...overview.counts(), published: overview.published, cameras, egress }
  }

  /** Runs the jobs by the clock; anew when their times were changed. */
  async #keepSchedules(): Promise<void> {
    const { clock, logger } = this.#deps
    while (!this.#stop.signal.aborted) {
      using round = new LinkedController(this.#stop.signal)
      this.#schedules = round
      const { inventory, host, media } = this.#config
      const jobs = [
        { name: 'inventory', expression: inventory.schedule, work: () => this.#search.readAgain() },
        { name: 'host', expression: host.schedule, work: () => this.#tellHost() },
        { name: 'snapshots', expression: media.snapshotSchedule, work: () => this.#media.snapshots('schedule') },
      ]
      await runSchedules(jobs, { clock, logger, signal: round.signal })
    }
  }

  /** The box's connection: what comes down is handed to the rooms here. */
  #connect(): Promise<void> {
    const { identity, broker, settledBy, overview, clock, random, logger, report } = this.#deps
    return runTransport({
      identity,
      broker,
      settledBy,
      spool: this.#spool,
      forgotten: forgottenIn(this.#db),
      status: () => this.#status(),
      handlers: { onGrant: (grant) => this.#onGrant(grant), onCommand: (command) => this.#onCommand(command) },
      onState: (state) => {
        overview.link(state)
        report.onConnected(state.connected)
      },
      onPublished: (name, bytes) => overview.sent(name, bytes),
      clock,
      random,
      logger,
      signal: this.#stop.signal,
    })
  }

  #status(): StatusFacts {
    const uptimeS = Math.round((this.#deps.clock.monotonicMs() - this.#startedMs) / 1000)
    const { settledBy } = this.#deps
    return { version: VERSION, uptimeS, cap: this.#cap.isOn(), spool: this.#spool.depth(), settledBy }
  }

  async #tellHost(): Promise<void> {
    this.#journal.tell({ name: 'host', body: { host: await readHost() } })
  }

  async #onItem(grant: Grant, item: MediaItem): Promise<void> {
    // Before it is handed over: then the file is the queue's.
    if (item.kind === 'snapshot') await this.#shown.snapshot(grant, () => readFile(item.path))
    await this.#egress.enqueue(grant, item)
  }

  #onStream(camera: Id, why?: unknown): void {
    const device = this.#inventory.camera(camera)?.deviceHandle.id
    if (device) this.#watch.stream(device, camera, why)
  }

  #onEgress({ kind, message, camera }: EgressActivity): void {
    this.#journal.activity(kind, message, camera)
    this.#deps.report.onSent(this.#egress.totals())
  }

  #onGrant(grant: SignedGrant): void {
    const news = this.#consent.take(grant)
    if (news) this.#journal.activity(news.kind, news.message)
    if (news?.kind === 'grant-taken')
      this.#deps.report.hook({ event: 'grant-changed', facts: { serial: this.#consent.serial } })
  }

  /** What is allowed may have changed. */
  readonly #judge = (): void => {
    const capOn = this.#cap.isOn()
    if (capOn !== this.#wasCapOn) {
      this.#wasCapOn = capOn
      const kind = capOn ? 'cap-on' : 'cap-off'
      this.#journal.activity(kind, capOn ? 'The cap was put on: nothing leaves' : 'The cap was taken off')
      this.#deps.report.hook({ event: kind, facts: {} })
    }
    this.#media.review()
    this.#shown.review()
  }

  #onCommand(command: DownCommand): Promise<CommandResult> {
    const { clock, report, config } = this.#deps
    const rooms = { search: this.#search, inventory: this.#inventory, media: this.#media, live: this.#live }
    return obey(command, { ...rooms, clock, report, stateDir: config.stateDir, signal: this.#stop.signal })
  }
}
