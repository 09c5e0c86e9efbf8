import { Bell } from '../base/bell.ts'
import { Channel } from '../base/channel.ts'
import type { Clock } from '../base/clock.ts'
import { describeError, errorKind } from '../base/errors.ts'
import type { Device } from '../onvif/device.ts'
import { isFault, type Refusal, refusalOf } from '../onvif/faults.ts'
import type { HealthFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import { answerOf, assess, type Diagnosis, type Observation } from './assess.ts'
import { streamTroubleOf } from './stream-trouble.ts'

/** Two failures in a row make a device dead: 10 + 5 + 3 + 5 s after its last word, at the very worst. */
const PROBE_EVERY_MS = 10_000
const PROBE_TIMEOUT_MS = 5_000
const PROBE_AGAIN_MS = 3_000
const FAILURES_MAX = 2
const LOOK_MS_MIN = 500

/** Who says nothing but faults for this long is not well. */
const FAULTY_MS_MAX = 15_000

/** What others say of a device makes it be asked at once, but no more often than this. */
const LOOK_EVERY_MS = 5_000

/** A device that is heard of otherwise is still asked its time this often. */
const CLOCK_EVERY_MS = 60_000

/** What did not change is told again this often: more often, it would be most of what an idle box sends. */
const REPORT_EVERY_MS = 600_000
const MOVED_SHOWN_MS = 3_600_000

export interface MonitorOptions {
  /** Asked anew each time, since a device may move. */
  readonly device: () => Pick<Device, 'clock' | 'readClock'>
  /** Why the device lets us not in, as the inventory knows it. */
  readonly trouble: () => unknown
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Watches one device. Its `answered` and `failed` are what the events room reports to. */
export class HealthMonitor {
  readonly #options: MonitorOptions
  readonly #reports = new Channel<HealthFacts>(16)
  #answer: Observation['answer'] = 'onvif'
  #events: Observation['events'] = 'unknown'
  #eventsRefusal: Refusal | undefined
  #malformed: string | undefined
  /** Of each of its cameras whose stream is wanted and does not come, why. */
  readonly #streams = new Map<Id, Diagnosis>()
  #moved: { from: string; atMs: number } | undefined
  #lastSeenAt: number | undefined
  #heardMs = Number.NEGATIVE_INFINITY
  #askedMs = Number.NEGATIVE_INFINITY
  #failures = 0
  readonly #doubt: Bell
  #isDoubted = false
  #lookedMs = Number.NEGATIVE_INFINITY
  #reported = { text: '', atMs: Number.NEGATIVE_INFINITY }

  constructor(options: MonitorOptions) {
    this.#options = options
    this.#doubt = new Bell(options.clock)
  }

  /** Events come through, by pull point or by post. */
  answered(): void {
    this.#events = 'watching'
    this.#eventsRefusal = undefined
    this.#malformed = undefined
    this.#seen()
  }

  /** They do not. */
  failed(error: unknown): void {
    const kind = errorKind(error)
    const reason = refusalOf(error)
    this.#eventsRefusal = reason === 'slots' ? undefined : reason
    // A fault is an answer in good order.
    if ((kind === 'invalid' || kind === 'limit') && !isFault(error)) this.#malformed = describeError(error)
    if (reason === 'slots') this.#events = 'slots-full'
    else if (kind === 'unsupported' || reason === 'operation') this.#events = 'unsupported'
    else this.#events = reason === undefined ? 'interrupted' : 'unknown'
    this.#report()
  }

  /** Why no picture comes of a camera's stream that is wanted; without a reason: they come, or are not wanted any more. */
  stream(camera: Id, why?: unknown): void {
    if (why === undefined) this.#streams.delete(camera)
    else this.#streams.set(camera, streamTroubleOf(why))
    this.#report()
  }

  /** The device was found again at another address. */
  moved(from: string): void {
    this.#moved = { from, atMs: this.#options.clock.monotonicMs() }
    this.#report()
  }

  /** Somebody says that the device went, or came: it is asked at once. A lie costs it one question. */
  look(): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return
    this.#lookedMs = nowMs
    this.#isDoubted = true
    this.#doubt.ring()
  }

  /** Health whenever it changes, and every ten minutes, until the signal fires. Read it once only. */
  async *run(): AsyncGenerator<HealthFacts, void, undefined> {
    const probing = this.#probeOn().finally(() => this.#reports.close())
    probing.catch(() => {}) // awaited below
    yield* this.#reports
    await probing
  }

  async #probeOn(): Promise<void> {
    const { clock, signal } = this.#options
    signal.addEventListener('abort', this.#doubt.ring, { once: true })
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs()
      const isQuiet = nowMs - this.#heardMs >= PROBE_EVERY_MS || this.#failures > 0 || this.#isDoubted
      this.#isDoubted = false
      if (isQuiet || nowMs - this.#askedMs >= CLOCK_EVERY_MS) await this.#probe()
      if (signal.aborted) return
      this.#report()
      const isFailing = this.#failures > 0 && this.#failures < FAILURES_MAX
      // Silence counts from the last word, not from when it is looked at.
      const quietInMs = this.#heardMs + PROBE_EVERY_MS - clock.monotonicMs()
      const usualMs = quietInMs > 0 ? Math.max(LOOK_MS_MIN, quietInMs) : PROBE_EVERY_MS
      await this.#doubt.wait(isFailing ? PROBE_AGAIN_MS : usualMs)
    }
  }

  async #probe(): Promise<void> {
    const { device, signal, clock } = this.#options
    const startedMs = clock.monotonicMs()
    try {
      await device().readClock(signal, PROBE_TIMEOUT_MS)
      this.#askedMs = clock.monotonicMs()
      this.#seen()
    } catch (error) {
      const kind = errorKind(error)
      if (kind === 'cancelled') return
      // Heard meanwhile by the pull point: it was only the probe that failed.
      if (this.#heardMs > startedMs) return
      // Some answer all but this, in good order: as long as they are heard otherwise, they are well.
      if (isFault(error) && startedMs - this.#heardMs < FAULTY_MS_MAX) return
      this.#failures += 1
      if (this.#failures >= FAILURES_MAX || this.#lastSeenAt === undefined) this.#answer = answerOf(error)
    }
  }

  #seen(): void {
    this.#failures = 0
    this.#answer = 'onvif'
    this.#heardMs = this.#options.clock.monotonicMs()
    this.#lastSeenAt = this.#options.clock.nowMs()
    this.#report()
  }

  /** Reports what changed at once, and the rest every ten minutes. */
  #report(): void {
    const nowMs = this.#options.clock.monotonicMs()
    const health = assess(this.#observation(nowMs))
    const codes = health.diagnoses.map(({ code, detail }) => (code === 'CLOCK_SKEW' ? code : `${code} ${detail}`))
    const text = [health.level, ...codes].join()
    if (text === this.#reported.text && nowMs - this.#reported.atMs < REPORT_EVERY_MS) return
    this.#reported = { text, atMs: nowMs }
    this.#reports.push(health)
  }

  #observation(nowMs: number): Observation {
    const { device, trouble } = this.#options
    const [streamTrouble] = this.#streams.values()
    const moved = this.#moved && nowMs - this.#moved.atMs < MOVED_SHOWN_MS ? this.#moved.from : undefined
    const reading = device().clock
    return {
      answer: this.#answer,
      refusal: refusalOf(trouble()) ?? this.#eventsRefusal,
      events: this.#events,
      streamTrouble,
      malformed: this.#malformed,
      movedFrom: moved,
      latencyMs: reading?.latencyMs,
      clockSkewMs: reading?.skewMs,
      isDateless: reading?.isDateless === true,
      lastSeenAt: this.#lastSeenAt,
    }
  }
}
