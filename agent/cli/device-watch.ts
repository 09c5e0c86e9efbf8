import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Heard } from '../events/heard.ts'
import { watchEvents } from '../events/watch.ts'
import { HealthMonitor } from '../health/monitor.ts'
import { type CameraAccess, cameraOfEvent, type DeviceHandle } from '../inventory/access.ts'
import type { EventFacts, HealthFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'

export interface DeviceWatchDeps {
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly signal: AbortSignal
  /** When each device was heard last, across restarts. */
  readonly heard: Pick<Heard, 'lastOf' | 'note'>
  readonly onEvent: (camera: CameraAccess, event: EventFacts) => void
  readonly onHealth: (camera: CameraAccess, health: HealthFacts) => void
}

/** Listens to every known device: its events, and how it is. One pull point and one monitor each, however many channels. */
export class DeviceWatch {
  readonly #deps: DeviceWatchDeps
  readonly #monitors = new Map<Id, HealthMonitor>()
  readonly #work: Promise<void>[] = []

  constructor(deps: DeviceWatchDeps) {
    this.#deps = deps
  }

  /** Begins with a device, once; it stays watched however often it is read again. */
  add(handle: DeviceHandle): void {
    const { clock, signal, random, heard } = this.#deps
    if (this.#monitors.has(handle.id) || signal.aborted) return
    const monitor = new HealthMonitor({ device: () => handle.device, trouble: () => handle.trouble, clock, signal })
    this.#monitors.set(handle.id, monitor)
    const events = watchEvents(() => handle.device, {
      clock,
      signal,
      random,
      observer: monitor,
      heardAtMs: heard.lastOf(handle.id),
      onHeard: (atMs) => this.#note(handle.id, atMs),
    })
    this.#work.push(
      this.#follow(handle, events, ({ sourceToken, ...event }) => {
        const named = cameraOfEvent(handle, sourceToken)
        // What names no source, such as a gap, concerns the whole device.
        for (const camera of named ? [named] : handle.cameras) this.#deps.onEvent(camera, event)
      }),
      this.#follow(handle, monitor.run(), (health) => {
        for (const camera of handle.cameras) this.#deps.onHealth(camera, health)
      }),
    )
  }

  #note(device: Id, atMs: number): void {
    try {
      this.#deps.heard.note(device, atMs)
    } catch (error) {
      // A full disk makes the next gap wider; it must not end the listening.
      this.#deps.logger.warn({ device, reason: describeError(error) }, 'When a device was heard could not be kept')
    }
  }

  moved(device: Id, from: string): void {
    this.#monitors.get(device)?.moved(from)
  }

  stream(device: Id, state: 'stalled' | 'flowing'): void {
    this.#monitors.get(device)?.stream(state)
  }

  /** Resolves when nothing is listened to any more; the signal must have fired. */
  async ended(): Promise<void> {
    await Promise.all(this.#work)
  }

  /** Hands on what a device says. One piece of news that can't be taken does not end the listening. Never throws. */
  async #follow<T>(handle: DeviceHandle, news: AsyncIterable<T>, take: (each: T) => void): Promise<void> {
    const tell = (error: unknown, message: string) =>
      this.#deps.logger.error({ device: handle.id, reason: describeError(error) }, message)
    try {
      for await (const each of news) {
        try {
          take(each)
        } catch (error) {
          tell(error, 'What a device said could not be taken')
        }
      }
    } catch (error) {
      tell(error, 'Watching a device has ended')
    }
  }
}
