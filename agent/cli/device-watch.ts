import { Bell } from '../base/bell.ts'
import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Consumer } from '../events/consumer.ts'
import type { Heard } from '../events/heard.ts'
import { watchEvents } from '../events/watch.ts'
import { HealthMonitor } from '../health/monitor.ts'
import { type CameraAccess, cameraOfEvent, type DeviceHandle } from '../inventory/access.ts'
import type { LogMarks } from '../logs/store.ts'
import { watchLog } from '../logs/watch.ts'
import type { EventFacts, HealthFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'

interface LogSettings {
  readonly intervalMs: number
  readonly marks: Pick<LogMarks, 'of' | 'save'>
  /** What no line may hold. */
  readonly secrets: () => readonly string[]
  /** A device's log is told as its first camera's. */
  readonly onLines: (camera: CameraAccess, lines: readonly string[]) => void
}

export interface DeviceWatchDeps {
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly signal: AbortSignal
  /** When each device was heard last, across restarts. */
  readonly heard: Pick<Heard, 'lastOf' | 'note'>
  readonly onEvent: (camera: CameraAccess, event: EventFacts) => void
  /** Where devices may post events that have no pull point; none of them is heard without it. */
  readonly consumer?: Pick<Consumer, 'expect'> | undefined
  /** How devices' own logs are read; not at all without it. */
  readonly logs?: LogSettings | undefined
  readonly onHealth: (camera: CameraAccess, health: HealthFacts) => void
}

/** Listens to every known device: its events, and how it is. One pull point and one monitor each, however many channels. */
export class DeviceWatch {
  readonly #deps: DeviceWatchDeps
  readonly #monitors = new Map<Id, HealthMonitor>()
  readonly #work: Promise<void>[] = []
  readonly #retries: Bell[] = []

  constructor(deps: DeviceWatchDeps) {
    this.#deps = deps
  }

  /** Begins with a device, once; it stays watched however often it is read again. */
  add(handle: DeviceHandle): void {
    const { clock, signal, random, heard } = this.#deps
    if (this.#monitors.has(handle.id) || signal.aborted) return
    const monitor = new HealthMonitor({ device: () => handle.device, trouble: () => handle.trouble, clock, signal })
    this.#monitors.set(handle.id, monitor)
    const retry = new Bell(clock)
    this.#retries.push(retry)
    const events = watchEvents(() => handle.device, {
      clock,
      signal,
      random,
      observer: monitor,
      consumer: this.#deps.consumer,
      retry,
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
    if (this.#deps.logs) this.#work.push(this.#readLog(handle, this.#deps.logs))
  }

  #readLog(handle: DeviceHandle, { intervalMs, marks, secrets, onLines }: LogSettings): Promise<void> {
    const { clock, signal, random, logger } = this.#deps
    const open = () => (handle.trouble === undefined ? handle.device : undefined)
    return watchLog(open, {
      ...{ device: handle.id, intervalMs, marks, secrets, clock, signal, random },
      tell: (lines) => {
        const [camera] = handle.cameras
        if (camera) onLines(camera, lines)
      },
      onTrouble: (error) =>
        logger.info({ device: handle.id, reason: describeError(error) }, 'The log of a device was not read'),
    })
  }

  #note(device: Id, atMs: number): void {
    try {
      this.#deps.heard.note(device, atMs)
    } catch (error) {
      // A full disk makes the next gap wider; it must not end the listening.
      this.#deps.logger.warn({ device, reason: describeError(error) }, 'When a device was heard could not be kept')
    }
  }

  /** Whoever rests because it was refused asks again now: there are other credentials. */
  retry(): void {
    for (const retry of this.#retries) retry.ring()
  }

  moved(device: Id, from: string): void {
    this.#monitors.get(device)?.moved(from)
  }

  /** Somebody says that it has gone, or come: true or not, it is worth a look. */
  announced(device: Id): void {
    this.#monitors.get(device)?.look()
  }

  /** Why no picture comes of a camera; without a reason: they come, or are not wanted any more. */
  stream(device: Id, camera: Id, why?: unknown): void {
    this.#monitors.get(device)?.stream(camera, why)
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
