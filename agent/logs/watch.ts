import type { Clock } from '../base/clock.ts'
import { type ErrorKind, errorKind } from '../base/errors.ts'
import type { Device } from '../onvif/device.ts'
import { refusalOf } from '../onvif/faults.ts'
import { LogReader, type ReaderDeps } from './reader.ts'

/** After a start, so that a box with many cameras does not ask all of them at once. */
const FIRST_MS_MIN = 5_000
const FIRST_MS_SPREAD = 30_000

/** A log of this size is read as often as was asked for; one n times as long, n times more rarely. */
const USUAL_BYTES = 65_536
const STRETCH_MAX = 6

const HOUR_MS = 3_600_000

/** How long one that failed is left alone. Firmware that gives it a log comes rarely; rights are given by people. */
const REST_MS: Partial<Record<ErrorKind, number>> = {
  unsupported: 24 * HOUR_MS,
  limit: 24 * HOUR_MS,
  invalid: 6 * HOUR_MS,
  refused: 6 * HOUR_MS,
}

export interface LogWatchOptions extends ReaderDeps {
  readonly intervalMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
  /** 0 ≤ x < 1. */
  readonly random: () => number
  readonly tell: (lines: readonly string[]) => void
  /** Told once for each new reason. */
  readonly onTrouble: (error: unknown) => void
}

/**
 * Reads a device's log now and then until the signal fires. Never throws for anything that a device does.
 * @param device asked anew each time, since a device may move; undefined while nobody is signed in to it
 */
export async function watchLog(
  device: () => Pick<Device, 'systemLog'> | undefined,
  options: LogWatchOptions,
): Promise<void> {
  const { clock, signal, random, intervalMs, tell, onTrouble } = options
  const reader = new LogReader(options)
  let waitMs = FIRST_MS_MIN + random() * FIRST_MS_SPREAD
  let trouble: string | undefined
  for (;;) {
    await clock.sleep(waitMs, signal).catch(() => {})
    if (signal.aborted) return
    const open = device()
    waitMs = intervalMs
    if (open === undefined) continue
    try {
      const bytes = await reader.read(open, tell, signal)
      waitMs = intervalMs * Math.min(STRETCH_MAX, Math.max(1, bytes / USUAL_BYTES))
      trouble = undefined
    } catch (error) {
      if (signal.aborted) return
      const kind = errorKind(error)
      // A lockout or a wrong clock is not the log's own trouble, and ends by itself.
      const isPassing = refusalOf(error) !== undefined && refusalOf(error) !== 'operation'
      waitMs = Math.max(intervalMs, isPassing ? 0 : (REST_MS[kind] ?? 0))
      const reason = String(error)
      if (reason !== trouble) onTrouble(error)
      trouble = reason
    }
  }
}
