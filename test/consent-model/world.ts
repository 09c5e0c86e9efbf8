import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../agent/base/clock.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import { newId } from '../../agent/base/ids.ts'
import { silentLogger } from '../../agent/base/logger.ts'
import { Secret } from '../../agent/base/secret.ts'
import { openStateDatabase } from '../../agent/cli/state.ts'
import { Cap } from '../../agent/consent/cap.ts'
import { Consent, type Grant } from '../../agent/consent/consent.ts'
import { Egress, openEgressDatabase, readEgressDatabase } from '../../agent/egress/egress.ts'
import { Ledger } from '../../agent/egress/ledger.ts'
import type { EgressItem } from '../../agent/egress/queue.ts'
import { CLIP_SETTINGS } from '../../agent/media/cutter.ts'
import { MediaKeeper } from '../../agent/media/keeper.ts'
import { DeviceGate } from '../../agent/onvif/gate.ts'
import { type GrantDocument, type SignedGrant, signGrant } from '../../agent/protocol/grant.ts'
import { CAMERAS, type Camera, Model, RECIPIENTS, type Scope } from './model.ts'
import type { Network, Step } from './network.ts'

const AGENT = 'agentaaaaaaaaaaa'
const ACCOUNT = 'accountaaaaaaaaa'
const START_MS = Date.UTC(2030, 0, 1)
const NOTICED_MS = 30_000
const owner = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ed25519')

/** In memory where that can be had: nothing here is about what a power cut leaves. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

interface Hooks {
  readonly onChange: () => void
  /** A picture or a clip is about to be taken in. */
  readonly onItem: (item: Pick<EgressItem, 'item' | 'camera' | 'kind'>, taking: Promise<void>) => Promise<void>
}

/** One life of the box's rooms: the real ones, wired as the agent wires them. */
function openBox(stateDir: string, network: Network, clock: Clock, hooks: Hooks) {
  const db = openStateDatabase(join(stateDir, 'state.db'))
  const cap = new Cap(stateDir)
  const pins = { agent: AGENT, account: ACCOUNT, grantKey: owner.publicKey }
  const stop = new AbortController()
  const { signal } = stop
  const onChange = () => {
    media.review()
    hooks.onChange()
  }
  const consent: Consent = new Consent({ db, pins, cap, clock, onChange })
  const common = { clock, random: Math.random, logger: silentLogger }
  const egress = new Egress({
    ...common,
    stateDir,
    grantFor: (camera, kind) => consent.grant(camera, kind),
    target: { bridgeUrl: network.bridgeUrl, agent: AGENT, token: new Secret('a token') },
    onActivity: () => {},
    limits: { chunkBytes: 64 * 1024 },
  })
  const media: MediaKeeper = new MediaKeeper({
    ...common,
    consent,
    signal,
    folder: join(stateDir, 'media'),
    settings: CLIP_SETTINGS,
    onItem: (grant, item) => hooks.onItem(item, egress.enqueue(grant, item)),
    onTrouble: () => {},
    onStream: () => {},
  })
  for (const camera of CAMERAS) {
    media.add({
      camera,
      address: '127.0.0.1',
      // Clips are handed in as a recorder would: a stream is not what this is about.
      streamUri: () => Promise.reject(new LenscapError('invalid', 'No stream here')),
      snapshotUri: async () => network.pictureOf(camera),
      credential: undefined,
      gate: new DeviceGate(clock),
    })
  }
  const running = egress.run(signal)
  const close = async () => {
    stop.abort()
    await Promise.all([running, media.ended()])
    egress[Symbol.dispose]()
    consent[Symbol.dispose]()
    db.close()
  }
  return { cap, consent, egress, media, close }
}

/** The house that one interleaving happens to, and the model beside it. */
export class World {
  readonly model = new Model(START_MS)
  /** What the promise does not allow, in words. */
  readonly faults: string[] = []
  readonly #network: Network
  readonly #stateDir = mkdtempSync(join(FOLDER, 'lenscap-model-'))
  readonly #time = { offsetMs: 0, ranMs: 0 }
  /** The era in which each item was taken. */
  readonly #items = new Map<string, number>()
  readonly #lastWords: GrantDocument[] = []
  #serial = 0
  #isConnected = true
  #retained: SignedGrant | undefined
  #box: ReturnType<typeof openBox>
  #grants: Grant[] = []
  #capNoticed = (_: boolean) => {}
  #takingIn = 0

  constructor(network: Network) {
    this.#network = network
    network.reset()
    network.onStep = (step) => this.#check(step)
    this.#box = this.#open()
  }

  /** The owner turns the switches; the bridge signs, and the box hears of it while it is connected. */
  turn(scopes: readonly Scope[], lastsMs: number): void {
    this.#serial += 1
    const cameras = CAMERAS.map((camera) => ({
      camera,
      kinds: (['snapshot', 'clip'] as const).filter((kind) => scopes.includes(`${camera}.${kind}`)),
    })).filter(({ kinds }) => kinds.length > 0)
    const [notBefore, expires] = [this.model.wallMs - 3_600_000, this.model.wallMs + lastsMs]
    const ids = { account: ACCOUNT, agent: AGENT, grantedBy: ACCOUNT, recipients: RECIPIENTS }
    this.#retained = signGrant({ v: 1, ...ids, serial: this.#serial, notBefore, expires, cameras }, owner.privateKey)
    this.#lastWords.push(JSON.parse(Buffer.from(this.#retained.document, 'base64url').toString()))
    this.#hear()
  }

  connect(isConnected: boolean): void {
    this.#isConnected = isConnected
    this.#hear()
  }

  /** Somebody brings a grant that must not count: an old one, one of a stranger's, another box's. */
  intrude(how: 'replay' | 'forge' | 'foreign'): void {
    const all = CAMERAS.map((camera) => ({ camera, kinds: ['snapshot' as const, 'clip' as const] }))
    const old = this.#lastWords.find(({ serial }) => serial < (this.model.held?.serial ?? 0))
    const base = this.#lastWords.at(-1)
    if (!base) return
    const next = { ...base, serial: this.#serial + 50, cameras: all, expires: this.model.wallMs + 1e10 }
    if (how === 'replay' && old === undefined) return
    const signed =
      how === 'forge'
        ? signGrant(next, stranger.privateKey)
        : signGrant(how === 'foreign' ? { ...next, agent: ACCOUNT } : (old ?? base), owner.privateKey)
    try {
      this.#box.consent.accept(signed)
      this.faults.push(`a grant that must not count was taken: ${how}`)
    } catch {
      // As it should be.
    }
  }

  /** Somebody at the box. Resolves when the agent has noticed, which the system tells it in its own time. */
  async cap(on: boolean): Promise<void> {
    if (this.#box.cap.isOn() === on) return
    const noticed = Promise.withResolvers<void>()
    this.#capNoticed = (isOn) => isOn === on && noticed.resolve()
    // Taking it off allows from now on; putting it on forbids once it is noticed, which takes milliseconds.
    if (!on) this.model.setCap(false)
    this.#box.cap.set(on)
    await withDeadline(noticed.promise, NOTICED_MS, 'the cap is noticed')
    this.#capNoticed = () => {}
  }

  event(camera: Camera): void {
    this.#box.media.trigger(camera, 'motion', this.model.wallMs)
  }

  /** A recorder hands over its clip, perhaps under a grant that it has held for long. */
  async clip(camera: Camera, bytes: number, isStale: boolean): Promise<void> {
    const now = this.#box.consent.grant(camera, 'clip')
    if (now) this.#grants.push(now)
    const grant = isStale ? this.#grants.find((each) => each.camera === camera) : now
    if (!grant) return
    const content = randomBytes(bytes)
    const item = newId()
    const path = join(this.#stateDir, `made-${item}`)
    writeFileSync(path, content)
    const sha256 = createHash('sha256').update(content).digest('hex')
    const facts = { camera, kind: 'clip', contentType: 'video/mp4', reason: 'motion', durationMs: 1000 } as const
    const made = { ...facts, item, path, bytes, sha256, takenAt: START_MS }
    await this.#takeIn(made, this.#box.egress.enqueue(grant, made)).catch(() => {})
  }

  pass(ms: number): void {
    this.#time.ranMs += ms
    this.model.pass(ms)
    this.#box.consent.look()
  }

  setClock(ms: number): void {
    this.#time.offsetMs += ms
    this.model.setClock(this.model.wallMs + ms)
    this.#box.consent.look()
  }

  link(state: { isUp?: boolean; isSlow?: boolean }): void {
    this.#network.set(state)
  }

  async restart(): Promise<void> {
    this.#grants = []
    await this.#box.close()
    this.model.restart()
    this.#box = this.#open()
    this.#hear()
  }

  /** What must hold between any two steps. */
  inspect(): void {
    const db = readEgressDatabase(this.#stateDir)
    const waiting = db?.prepare<[], { camera: string; kind: string }>('SELECT DISTINCT camera, kind FROM item').all()
    db?.close()
    for (const { camera, kind } of waiting ?? []) {
      const isAllowed = [...this.model.allowed].some((scope) => scope === `${camera}.${kind}`)
      if (!isAllowed) this.faults.push(`media of ${camera}.${kind} waits, which is not allowed`)
    }
    const files = readdirSync(join(this.#stateDir, 'media-queue')).length
    // While an item is taken in, its file is there before it counts.
    if (this.model.allowed.size === 0 && (waiting ?? []).length === 0 && files > 0 && this.#takingIn === 0) {
      this.faults.push(`${files} files of media are left`)
    }
  }

  /** What is allowed must get through in the end; what left must be in the ledger. Closes the world. */
  async end(): Promise<{ readonly arrived: number; readonly bytes: number }> {
    this.#network.set({ isUp: true, isSlow: false })
    const queued = () => this.#box.egress.queued().items
    const deadline = performance.now() + NOTICED_MS
    while (queued() > 0 && performance.now() < deadline) await systemClock.sleep(2)
    if (queued() > 0) this.faults.push(`${queued()} items never left, though they may`)
    await this.#box.close()
    const db = openEgressDatabase(this.#stateDir)
    const ledger = new Ledger(db)
    const { broken } = ledger.verify()
    if (broken) this.faults.push(`the ledger is broken at row ${broken.n}: ${broken.reason}`)
    const totals = ledger.totals()
    const done = new Set(ledger.rows(0, 100_000).flatMap(({ outcome, item }) => (outcome === 'done' ? [item] : [])))
    for (const item of done) if (!this.#network.arrived.has(item)) this.faults.push(`${item} is booked and never came`)
    const bytes = [...this.#network.arrived.values()].reduce((sum, each) => sum + each.bytes, 0)
    if (totals.bytes < bytes) this.faults.push(`${bytes} bytes came, ${totals.bytes} are booked`)
    db.close()
    rmSync(this.#stateDir, { recursive: true, force: true })
    return { arrived: this.#network.arrived.size, bytes }
  }

  #open() {
    mkdirSync(join(this.#stateDir, 'media'), { recursive: true })
    const clock: Clock = {
      nowMs: () => START_MS + this.#time.offsetMs + this.#time.ranMs,
      monotonicMs: () => this.#time.ranMs,
      sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 5), signal),
    }
    const onChange = () => {
      const isOn = this.#box.consent.capOn
      if (isOn !== this.model.cap) this.model.setCap(isOn)
      this.#capNoticed(isOn)
    }
    return openBox(this.#stateDir, this.#network, clock, {
      onChange,
      onItem: (item, taking) => this.#takeIn(item, taking),
    })
  }

  async #takeIn({ item, camera, kind }: Pick<EgressItem, 'item' | 'camera' | 'kind'>, taking: Promise<void>) {
    this.#items.set(item, this.model.era(`${camera as Camera}.${kind}`))
    this.#takingIn += 1
    try {
      await taking
    } finally {
      this.#takingIn -= 1
    }
  }

  #hear(): void {
    if (!this.#isConnected || this.#retained === undefined) return
    this.model.grant(this.#lastWords.at(-1) as GrantDocument)
    this.#box.consent.accept(this.#retained)
  }

  /** Called at the very moment at which the box writes to a socket. */
  #check({ scope, item, bytes }: Step): void {
    const what = item === undefined ? `a picture of ${scope} is asked for` : `${bytes} bytes of ${scope} leave`
    if (!this.model.allows(scope)) this.faults.push(`${what}, which is not allowed`)
    if (item === undefined) return
    if (this.#items.get(item) !== this.model.era(scope)) this.faults.push(`${what}, taken before permission had ended`)
  }
}

async function withDeadline(work: Promise<void>, ms: number, what: string): Promise<void> {
  const late = AbortSignal.timeout(ms)
  const never = Promise.withResolvers<never>()
  late.addEventListener('abort', () => never.reject(new Error(`Not within ${ms} ms: ${what}`)))
  await Promise.race([work, never.promise])
}
