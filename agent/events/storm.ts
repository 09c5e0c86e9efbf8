import type { DeviceEvent } from './event.ts'

const WINDOW_MS = 10_000
const EVENTS_MAX = 20
const SOURCES_MAX = 128

interface Window {
  readonly startedMs: number
  passed: number
  suppressed: number
  /** How each suppressed state ended, so that no listener believes for ever that it lasts. */
  readonly ended: Map<string, DeviceEvent>
}

/** Lets 20 events per source pass in 10 s, and counts the others. Times are monotonic milliseconds. */
export class StormLimit {
  readonly #windows = new Map<string, Window>()

  /** What of this event passes: it, nothing, or what an ended window owed, and it. */
  accept(event: DeviceEvent, nowMs: number): DeviceEvent[] {
    const due = this.flush(nowMs)
    const key = this.#keyOf(event)
    const window = this.#windows.get(key) ?? { startedMs: nowMs, passed: 0, suppressed: 0, ended: new Map() }
    this.#windows.set(key, window)
    if (window.passed < EVENTS_MAX) {
      window.passed += 1
      return [...due, event]
    }
    window.suppressed += 1
    const state = `${event.topic} ${JSON.stringify(event.source)}`
    window.ended.delete(state)
    if (event.active === false && window.ended.size < EVENTS_MAX) window.ended.set(state, event)
    return due
  }

  /** Summaries of the windows that are over. Call it now and then, so that they come without a further event. */
  flush(nowMs: number): DeviceEvent[] {
    const due: DeviceEvent[] = []
    for (const [key, window] of this.#windows) {
      if (nowMs - window.startedMs < WINDOW_MS) continue
      this.#windows.delete(key)
      if (window.suppressed > 0) due.push(summaryOf(key, window), ...window.ended.values())
    }
    return due
  }

  /** A device that invents sources without end has them counted together. */
  #keyOf({ sourceToken = '' }: DeviceEvent): string {
    return this.#windows.has(sourceToken) || this.#windows.size < SOURCES_MAX ? sourceToken : ''
  }
}

function summaryOf(sourceToken: string, { suppressed }: Window): DeviceEvent {
  const data = { suppressed: String(suppressed), windowMs: String(WINDOW_MS) }
  const event: DeviceEvent = { kind: 'suppressed', topic: 'lenscap/suppressed', source: {}, data }
  return sourceToken === '' ? event : { ...event, sourceToken }
}
