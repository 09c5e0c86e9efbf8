import type { Bell } from '../base/bell.ts'
import { Channel } from '../base/channel.ts'
import type { Clock } from '../base/clock.ts'
import { type ErrorKind, errorKind } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import { keepRunning } from '../base/retry.ts'
import type { Device } from '../onvif/device.ts'
import { operationOf, refusalOf } from '../onvif/faults.ts'
import type { Notification } from '../onvif/notification.ts'
import type { PullPoint } from '../onvif/pull-point.ts'
import type { Subscription } from '../onvif/subscription.ts'
import type { Consumer } from './consumer.ts'
import { type DeviceEvent, eventOf, gapEvent } from './event.ts'
import { StormLimit } from './storm.ts'

/** Below the 10 s after which some devices cut a waiting pull. */
const PULL_WAIT_MS = 8_000

/** Between two pulls that brought nothing, and between any two: what answers at once must cost nothing. */
const EMPTY_SPACING_MS = 500
const SPACING_MS = 100

/** A device that has something to say each time is asked more and more rarely: its answers only get longer. */
const BUSY_SPACING_MS_MAX = 1_000

/** So many pull points in a row that never gave an answer, and the device may post instead. */
const BARREN_MAX = 2

const UNSUBSCRIBE_MS = 2_000
const EVENTS_WAITING_MAX = 1_000

const POLICY = { firstDelayMs: 1_000, delayMsMax: 30_000, steadyAfterMs: 30_000 }

/** Longer rests, after which the loop's own delay comes on top. A slot that leaked is free again within a minute. */
const REST_MS: Partial<Record<ErrorKind, number>> = { busy: 60_000, refused: 60_000, unsupported: 300_000 }

/** Told what the loop sees, for health. */
interface EventsObserver {
  /** The pull point answered: the device lives, and events come through. */
  answered(): void
  /** The pull point is gone; it will be made anew. */
  failed(error: unknown): void
}

/** The part of a device that this room needs. */
export type Subscribable = Pick<Device, 'createPullPoint' | 'subscribe' | 'target'>

export interface WatchOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly observer?: EventsObserver
  /** When a former run heard the device last, UTC ms: what lies between is told as a gap. */
  readonly heardAtMs?: number | undefined
  /** All that the device said up to this time, UTC ms, has been passed on and taken. */
  readonly onHeard?: (atMs: number) => void
  /** 0 ≤ x < 1, for spreading retries. */
  readonly random?: () => number
  /** Where devices without a working pull point may post to; without it they are not heard. */
  readonly consumer?: Pick<Consumer, 'expect'> | undefined
  /** Rung when a rest may have become needless, as when there are other credentials. */
  readonly retry?: Bell
}

/**
 * The device's events until the signal fires; then unsubscribes and ends. Never throws for anything that a device does.
 * @param device asked anew for each subscription, since a device may move
 */
export async function* watchEvents(
  device: () => Subscribable,
  options: WatchOptions,
): AsyncGenerator<DeviceEvent, void, undefined> {
  const controller = new AbortController()
  const stop = () => controller.abort()
  options.signal.addEventListener('abort', stop, { once: true })
  if (options.signal.aborted) stop()
  const watch = new Watch(device, { ...options, signal: controller.signal })
  const running = watch.run()
  try {
    yield* watch.events
  } finally {
    stop()
    options.signal.removeEventListener('abort', stop)
    await running
  }
}

class Watch {
  readonly events = new Channel<DeviceEvent>(EVENTS_WAITING_MAX)
  readonly #device: () => Subscribable
  readonly #options: WatchOptions
  readonly #storm = new StormLimit()
  /** When a pull point answered last, UTC, in this run or the one before; undefined where there never was one. */
  #heardAtMs: number | undefined
  /** Pull points in a row that never answered. */
  #barren = 0

  constructor(device: () => Subscribable, options: WatchOptions) {
    this.#device = device
    this.#options = options
    this.#heardAtMs = options.heardAtMs
  }

  async run(): Promise<void> {
    const { clock, signal, random = Math.random, observer } = this.#options
    const onError = () => {}
    const work = async () => {
      try {
        await this.#subscribe()
      } catch (error) {
        if (!signal.aborted) {
          observer?.failed(error)
          await this.#rest(REST_MS[errorKind(error)] ?? 0)
        }
        throw error
      }
    }
    await keepRunning(work, POLICY, { clock, random, signal, onError })
    this.events.close()
  }

  async #rest(forMs: number): Promise<void> {
    const { clock, signal, retry } = this.#options
    if (!retry) return await clock.sleep(forMs, signal)
    signal.addEventListener('abort', retry.ring, { once: true })
    await retry.wait(forMs)
    signal.removeEventListener('abort', retry.ring)
  }

  /** By pull point; where that does not work, by having the device post. */
  async #subscribe(): Promise<void> {
    try {
      await this.#pull()
    } catch (error) {
      const { signal, consumer } = this.#options
      if (signal.aborted || !consumer || !this.#mayPost(error)) throw error
      await this.#bePosted(consumer, error)
    }
  }

  #mayPost(error: unknown): boolean {
    const kind = errorKind(error)
    const isRefused = kind === 'unsupported' || kind === 'invalid' || refusalOf(error) === 'slots'
    return (isRefused && operationOf(error) === 'CreatePullPointSubscription') || this.#barren >= BARREN_MAX
  }

  /** One pull point, from its making until it fails or we are told to stop. */
  async #pull(): Promise<void> {
    const point = await this.#device().createPullPoint(this.#options.signal)
    this.#barren += 1
    try {
      this.#begin()
      await this.#pullOn(point)
    } finally {
      await point.unsubscribe(AbortSignal.timeout(UNSUBSCRIBE_MS))
    }
  }

  /** A subscription stands: what lies before it may have been missed. */
  #begin(): void {
    const { clock, onHeard } = this.#options
    const nowMs = clock.nowMs()
    if (this.#heardAtMs !== undefined) this.#push(gapEvent(this.#heardAtMs, nowMs))
    else onHeard?.(nowMs)
    this.#heardAtMs ??= nowMs
  }

  /** One subscription by base notification, until it fails or we are told to stop. @param lack why there is no pull point */
  async #bePosted(consumer: Pick<Consumer, 'expect'>, lack: unknown): Promise<void> {
    const { signal } = this.#options
    const device = this.#device()
    using posting = await consumer.expect(device.target.address)
    const subscription = await device.subscribe(posting.url, signal).catch((error: unknown) => {
      // It does neither: what it said of pull points says more.
      throw errorKind(error) === 'cancelled' ? error : lack
    })
    using stop = new LinkedController(signal)
    const alive = this.#keepAlive(subscription, stop.signal)
    alive.catch(() => {}) // it is raced for below
    try {
      this.#begin()
      await Promise.race([this.#hear(posting.posts), alive])
    } finally {
      stop.abort()
      await subscription.unsubscribe(AbortSignal.timeout(UNSUBSCRIBE_MS))
    }
  }

  async #hear(posts: AsyncIterable<readonly Notification[]>): Promise<void> {
    for await (const notifications of posts) this.#take(notifications)
  }

  /** Renews, which is also how a device that forgot us is noticed. One without Renew is subscribed to again in time. */
  async #keepAlive(subscription: Subscription, signal: AbortSignal): Promise<never> {
    const { clock, onHeard } = this.#options
    for (;;) {
      this.#options.observer?.answered()
      await clock.sleep(subscription.livesMs / 2, signal)
      const askedAtMs = clock.nowMs()
      await subscription.renew(signal)
      this.#heardAtMs = askedAtMs
      onHeard?.(askedAtMs)
      for (const event of this.#storm.flush(clock.monotonicMs())) this.events.push(event)
    }
  }

  async #pullOn(point: PullPoint): Promise<never> {
    const { clock, signal, onHeard } = this.#options
    let settledAtMs: number | undefined
    let busyMs = SPACING_MS
    let renewAtMs = clock.monotonicMs() + point.livesMs / 2
    for (;;) {
      const startedMs = clock.monotonicMs()
      const notifications = await point.pull(Math.min(PULL_WAIT_MS, point.livesMs / 3), signal)
      // What came with the answer before has been taken by now; what comes with this one may still be on its way.
      if (settledAtMs !== undefined) onHeard?.(settledAtMs)
      settledAtMs = clock.nowMs()
      this.#heardAtMs = settledAtMs
      this.#barren = 0
      this.#take(notifications)
      for (const event of this.#storm.flush(clock.monotonicMs())) this.events.push(event)
      if (clock.monotonicMs() >= renewAtMs) renewAtMs = await this.#renew(point)
      const waitedMs = clock.monotonicMs() - startedMs
      busyMs = waitedMs > BUSY_SPACING_MS_MAX ? SPACING_MS : Math.min(BUSY_SPACING_MS_MAX, busyMs * 1.5)
      const restMs = (notifications.length === 0 ? EMPTY_SPACING_MS : busyMs) - waitedMs
      if (restMs > 0) await clock.sleep(restMs, signal)
    }
  }

  /** When to renew next. A device without Renew keeps its pull point by being pulled, or the next pull fails. */
  async #renew(point: PullPoint): Promise<number> {
    const { clock, signal } = this.#options
    try {
      await point.renew(signal)
      return clock.monotonicMs() + point.livesMs / 2
    } catch (error) {
      const kind = errorKind(error)
      if (kind !== 'unsupported' && kind !== 'invalid') throw error
      return Number.POSITIVE_INFINITY
    }
  }

  #take(notifications: readonly Notification[]): void {
    this.#options.observer?.answered()
    for (const notification of notifications) {
      const event = eventOf(notification)
      if (event) this.#push(event)
    }
  }

  #push(event: DeviceEvent): void {
    for (const passed of this.#storm.accept(event, this.#options.clock.monotonicMs())) this.events.push(passed)
  }
}
