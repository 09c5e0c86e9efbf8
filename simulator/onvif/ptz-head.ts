/** Pan and tilt from -1 to 1, zoom from 0 to 1: ONVIF's generic spaces (ONVIF PTZ 5.7). */
export interface PtzPosition {
  readonly pan: number
  readonly tilt: number
  readonly zoom: number
}

export interface PtzPreset {
  readonly name: string
  readonly position: PtzPosition
}

/** An absolute move covers that much of a space in a second. */
const UNITS_PER_SECOND = 1
export const PRESETS_MAX = 32

const HOME: PtzPosition = { pan: 0, tilt: 0, zoom: 0 }

interface Motion {
  readonly from: PtzPosition
  /** Per second. */
  readonly velocity: PtzPosition
  readonly startMs: number
  readonly endMs: number
}

/** A camera's pan-tilt head: where it points follows from the clock, so nothing runs while it moves. */
export class PtzHead {
  readonly presets = new Map<string, PtzPreset>()
  #motion: Motion = { from: HOME, velocity: HOME, startMs: 0, endMs: 0 }
  #home = HOME
  #lastPreset = 0

  positionAt(nowMs: number): PtzPosition {
    const { from, velocity, startMs, endMs } = this.#motion
    const seconds = Math.max(0, Math.min(nowMs, endMs) - startMs) / 1000
    return {
      pan: clamp(from.pan + velocity.pan * seconds, -1, 1),
      tilt: clamp(from.tilt + velocity.tilt * seconds, -1, 1),
      zoom: clamp(from.zoom + velocity.zoom * seconds, 0, 1),
    }
  }

  isMovingAt(nowMs: number): boolean {
    return nowMs < this.#motion.endMs
  }

  /** Moves on and on, until stopped or for that long. */
  moveContinuously(velocity: PtzPosition, forMs: number, nowMs: number): void {
    this.#motion = { from: this.positionAt(nowMs), velocity, startMs: nowMs, endMs: nowMs + forMs }
  }

  moveTo(target: PtzPosition, nowMs: number): void {
    const from = this.positionAt(nowMs)
    const way = { pan: target.pan - from.pan, tilt: target.tilt - from.tilt, zoom: target.zoom - from.zoom }
    const seconds = Math.max(...Object.values(way).map(Math.abs)) / UNITS_PER_SECOND
    const perSecond = (distance: number) => (seconds === 0 ? 0 : distance / seconds)
    const velocity = { pan: perSecond(way.pan), tilt: perSecond(way.tilt), zoom: perSecond(way.zoom) }
    this.#motion = { from, velocity, startMs: nowMs, endMs: nowMs + seconds * 1000 }
  }

  stop(nowMs: number): void {
    this.#motion = { from: this.positionAt(nowMs), velocity: HOME, startMs: nowMs, endMs: nowMs }
  }

  /** Keeps the present position under a token; says undefined where there is no room for one more. */
  keepPreset(token: string | undefined, name: string | undefined, nowMs: number): string | undefined {
    if (token === undefined && this.presets.size >= PRESETS_MAX) return undefined
    const key = token ?? String(++this.#lastPreset)
    this.presets.set(key, { name: name ?? `Preset ${key}`, position: this.positionAt(nowMs) })
    return key
  }

  get home(): PtzPosition {
    return this.#home
  }

  keepHome(nowMs: number): void {
    this.#home = this.positionAt(nowMs)
  }
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max)
}
