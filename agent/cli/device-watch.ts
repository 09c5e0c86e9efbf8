import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { DeviceEvent } from '../events/event.ts'
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
  readonly heard: Heard
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
    if (this.#monitors.has(handle.id)) return
    const { clock, signal, random, logger, heard } = this.#deps
    const monitor = new HealthMonitor({ device: () => handle.device, trouble: () => handle.trouble, clock, signal })
    this.#monitors.set(handle.id, monitor)
    const events = watchEvents(() => handle.device, {
      clock,
      signal,
      random,
      observer: monitor,
      heardAtMs: heard.lastOf(handle.id),
      onHeard: (atMs) => {
        try {
          heard.note(handle.id, atMs)
        } catch (error) {
          // A full disk makes the next gap wider; it must not end the listening.
          logger.warn({ device: handle.id, reason: describeError(error) }, 'When a device was heard could not be kept')
        }
      },
    })
    this.#work.push(this.#listen(handle, events), this.#observe(handle, monitor))
  }

  moved(device: Id, from: string): void {
    this.#monitors.get(device)?.moved(from)
  }

  stream(device: Id, state: 'stalled' | 'flowing'): void {
    this.#monitors.get(device)?.stream(state)
  }

  async ended(): Promise<void> {
    await Promise.all(this.#work)
  }

  async #listen(handle: DeviceHandle, events: AsyncIterable<DeviceEvent>): Promise<void> {
    for await (const { sourceToken, ...event } of events) {
      const named = cameraOfEvent(handle, sourceToken)
      // What names no source, such as a gap, concerns the whole device.
      for (const camera of named ? [named] : handle.cameras) this.#deps.onEvent(camera, event)
    }
  }

  async #observe(handle: DeviceHandle, monitor: HealthMonitor): Promise<void> {
    try {
      for await (const health of monitor.run()) {
        for (const camera of handle.cameras) this.#deps.onHealth(camera, health)
      }
    } catch (error) {
      this.#deps.logger.error({ device: handle.id, reason: describeError(error) }, 'Watching a device has ended')
    }
  }
}
