import type { Clock } from '../base/clock.ts'
import { errorKind } from '../base/errors.ts'
import type { Target } from './carry.ts'
import { DeviceGate } from './gate.ts'
import { Session } from './session.ts'

/**
 * Whether ONVIF answers at a place that somebody guessed: `onvif` told its time, `refused` asked who we are, `other` is
 * something else (a web server, another path), `nothing` did not answer at all.
 */
export async function probeTarget(
  target: Target,
  clock: Clock,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<'onvif' | 'refused' | 'other' | 'nothing'> {
  const session = new Session({ target, credential: undefined, clock, gate: new DeviceGate(clock, { keeps: false }) })
  try {
    const { anonymous } = await session.readClock(signal, timeoutMs)
    return anonymous ? 'onvif' : 'refused'
  } catch (error) {
    const kind = errorKind(error)
    if (kind === 'cancelled') throw error
    return kind === 'unreachable' || kind === 'timeout' ? 'nothing' : 'other'
  }
}
