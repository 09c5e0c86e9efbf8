import { createHash, randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../agent/base/clock.ts'
import { newId } from '../../agent/base/ids.ts'
import { wipe } from '../../agent/commands/wipe.ts'
import type { Grant } from '../../agent/consent/consent.ts'
import type { EgressItem } from '../../agent/egress/queue.ts'
import { auditBooks, keptTimeIn, mediaIn } from './audit.ts'
import { type OpenBox, openBox } from './box.ts'
import { fillDisk } from './full-disk.ts'
import { type Camera, Model, type Scope } from './model.ts'
import type { Network, Step } from './network.ts'
import { documentOf, type Intrusion, Owner } from './owner.ts'

const START_MS = Date.UTC(2030, 0, 1)
const NOTICED_MS = 30_000
/** A transfer that makes no progress for so long is given up, and goes on anew. */
const STUCK_MS = 5000
const DRAINED_MS = 120_000

/** In memory where that can be had: nothing here is about what a power cut does to a disk. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const newFolder = () => mkdtempSync(join(FOLDER, 'lenscap-model-'))

type Taken = Pick<EgressItem, 'item' | 'camera' | 'kind'>

/** The house that one interleaving happens to, and the model beside it. */
export class World {
  readonly model = new Model(START_MS)
  /** What the promise does not allow, in words. */
  readonly faults: string[] = []
  readonly #network: Network
  #stateDir = newFolder()
  readonly #time = { offsetMs: 0, ranMs: 0 }
  /** The era in which each item was taken. */
  readonly #items = new Map<string, number>()
  /** What the box has promised to send, as long as it may. */
  readonly #promised = new Map<string, Scope>()
  #owner = new Owner()
  #isConnected = true
  #box: OpenBox
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
    this.#owner.turn(scopes, this.model.wallMs, lastsMs)
    this.#hear()
  }

  /** As the bridge does every day: the same switches, another week. */
  renew(lastsMs: number): void {
    this.#owner.renew(this.model.wallMs, lastsMs)
    this.#hear()
  }

  connect(isConnected: boolean): void {
    this.#isConnected = isConnected
    this.#hear()
  }

  /** Somebody brings a grant that must not count. */
  intrude(how: Intrusion): void {
    const signed = this.#owner.bad(how, this.model.held?.serial ?? 0, this.model.wallMs)
    if (!signed) return
    try {
      this.#box.consent.accept(signed)
      this.faults.push(`a grant that must not count was taken: ${how}`)
    } catch {
      // As it should be.
    }
  }

  /**
   * Somebody at the box, by the program or by a button's hook. Resolves when the agent has noticed, which the system tells it
   * in its own time.
   */
  async cap(on: boolean, isHook: boolean): Promise<void> {
    if (this.#box.cap.isOn() === on) return
    const noticed = Promise.withResolvers<void>()
    this.#capNoticed = (isOn) => isOn === on && noticed.resolve()
    // Taking it off allows from now on; putting it on forbids once it is noticed, which takes milliseconds.
    if (!on) this.model.setCap(false)
    this.#setCap(on, isHook)
    await withDeadline(noticed.promise, NOTICED_MS, 'the cap is noticed')
    this.#capNoticed = () => {}
  }

  #setCap(on: boolean, isHook: boolean): void {
    const file = join(this.#stateDir, 'cap-on')
    if (!isHook) this.#box.cap.set(on)
    else if (on) writeFileSync(file, '')
    else rmSync(file, { force: true })
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
    await this.#takeIn(this.#box, made, this.#box.egress.enqueue(grant, made)).catch(() => {})
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

  restartBridge(forgets: boolean): void {
    this.#network.restartBridge(forgets)
  }

  /** The disk takes no change any more, or some again. */
  fill(isFull: boolean): void {
    this.model.isDiskFull = isFull
    fillDisk(this.#stateDir, isFull)
  }

  /** The agent goes and comes; somebody may turn the cap meanwhile. */
  async restart(capMeanwhile?: boolean): Promise<void> {
    this.#grants = []
    await this.#box.close()
    if (capMeanwhile !== undefined) {
      this.#setCap(capMeanwhile, true)
      this.model.setCap(capMeanwhile)
    }
    this.model.restart()
    this.#box = this.#open()
    this.#hear()
  }

  /** The power goes: what is on the disk at this instant is all that is left. */
  async powerCut(): Promise<void> {
    const [before, after] = [this.#stateDir, newFolder()]
    try {
      cpSync(before, after, { recursive: true })
    } catch {
      // What another thread is removing may be gone between the look and the copy.
      cpSync(before, after, { recursive: true, force: true })
    }
    this.#network.cut()
    this.#grants = []
    const died = this.#box
    this.#stateDir = after
    this.model.restart(keptTimeIn(after))
    this.#box = this.#open()
    this.#hear()
    await died.close()
    rmSync(before, { recursive: true, force: true })
  }

  /** The account is erased, and the box told to wipe itself; somebody else claims it. */
  async part(): Promise<void> {
    this.#grants = []
    await this.#box.close()
    await wipe(this.#stateDir)
    this.#owner = new Owner(this.#owner)
    this.#promised.clear()
    // What has arrived of the former owner's is not in the new one's ledger.
    this.#network.arrived.clear()
    this.model.isDiskFull = false
    this.model.wipe()
    this.#box = this.#open()
  }

  /** What must hold between any two steps. */
  inspect(): void {
    const { waiting, files } = mediaIn(this.#stateDir, this.#network.arrived)
    for (const { camera, kind } of waiting) {
      const isAllowed = [...this.model.allowed].some((scope) => scope === `${camera}.${kind}`)
      if (!isAllowed) this.faults.push(`media of ${camera}.${kind} waits, which is not allowed`)
    }
    // While an item is taken in, its file is there before it counts.
    if (this.model.allowed.size === 0 && waiting.length === 0 && files > 0 && this.#takingIn === 0) {
      this.faults.push(`${files} files of media are left`)
    }
  }

  /** What is allowed must get through in the end; what left must be in the ledger. Closes the world. */
  async end(): Promise<{ readonly arrived: number; readonly bytes: number }> {
    this.#network.set({ isUp: true, isSlow: false })
    if (this.model.isDiskFull) this.fill(false)
    const queued = () => this.#box.egress.queued().items
    const deadline = performance.now() + DRAINED_MS
    let cutMs = performance.now() + STUCK_MS
    while (queued() + this.#takingIn > 0 && performance.now() < deadline) {
      await systemClock.sleep(2)
      if (performance.now() < cutMs) continue
      // The box would give it up by its clock, which stands still here.
      this.#network.cut()
      cutMs += STUCK_MS
    }
    if (queued() > 0) this.faults.push(`${queued()} items never left, though they may`)
    // What is taken in from now on has no time to leave.
    const promised = [...this.#promised]
    await this.#box.close()
    this.faults.push(...auditBooks(this.#stateDir, this.#network.arrived))
    for (const [item, scope] of promised) {
      const isStillAllowed = this.model.allows(scope) && this.#items.get(item) === this.model.era(scope)
      if (isStillAllowed && !this.#network.arrived.has(item)) this.faults.push(`${item} may leave, and never came`)
    }
    const bytes = [...this.#network.arrived.values()].reduce((sum, each) => sum + each.bytes, 0)
    rmSync(this.#stateDir, { recursive: true, force: true })
    return { arrived: this.#network.arrived.size, bytes }
  }

  #open(): OpenBox {
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
    const box: OpenBox = openBox({
      ...{ stateDir: this.#stateDir, identity: this.#owner.identity, network: this.#network, clock, onChange },
      onItem: (item, taking) => this.#takeIn(box, item, taking),
    })
    return box
  }

  async #takeIn(box: OpenBox, { item, camera, kind }: Taken, taking: Promise<void>) {
    const scope: Scope = `${camera as Camera}.${kind}`
    this.#items.set(item, this.model.era(scope))
    this.#takingIn += 1
    try {
      await taking
      // What a box took that has died meanwhile is another's to keep.
      if (this.#box === box) this.#promised.set(item, scope)
    } finally {
      this.#takingIn -= 1
    }
  }

  #hear(): void {
    const signed = this.#owner.newest
    if (!this.#isConnected || signed === undefined) return
    this.model.grant(documentOf(signed))
    try {
      this.#box.consent.accept(signed)
    } catch (error) {
      if (!this.model.isDiskFull) throw error
    }
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
