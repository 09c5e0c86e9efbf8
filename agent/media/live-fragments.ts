import { type AccessUnit, isSound, type SoundUnit, type StreamUnit } from '../rtsp/access-unit.ts'
import type { ParameterSets } from '../rtsp/parameter-sets.ts'
import { fragment, initSegment, VIDEO_TRACK } from './mp4.ts'
import { SoundLane } from './sound-lane.ts'

/**
 * How long a picture is said to last, since the next one has not come yet: a second. The next one's own time ends it before;
 * where one comes late, players wait with the picture that they have instead of calling it a hole.
 */
const LASTS_TICKS = 90_000
/** Sound that no picture follows is let go: a picture carries at most so many pieces. */
const SOUND_MAX = 256

/** A piece of a fragmented MP4 for Media Source Extensions. Its bytes are to be looked at now: they are used again. */
export interface LivePiece {
  readonly type: 'init' | 'key' | 'delta'
  readonly parts: readonly Uint8Array[]
}

/** Turns one stream's units into a fragmented MP4 without an end: a fragment for each picture, from a keyframe on. */
export class LiveFragments {
  #parameters: ParameterSets | undefined
  #originTicks = 0
  #decodeTicks = -1
  /** By how much a picture was shown before one that came earlier: B-frames. */
  #lagTicks = 0
  #newestTicks = 0
  #sequence = 0
  #sound: SoundUnit[] = []
  #lane: SoundLane | undefined

  /** @throws LenscapError `invalid` where a parameter set makes no sense */
  take(unit: StreamUnit): LivePiece[] {
    if (isSound(unit)) {
      this.#sound.push(unit)
      if (this.#sound.length > SOUND_MAX) this.#sound.shift()
      return []
    }
    const before = this.#begin(unit)
    if (this.#parameters === undefined) return before
    return [...before, this.#picture(unit)]
  }

  /** The initialisation segment, where one is due: at the first keyframe, and at one that needs another decoder. */
  #begin(unit: AccessUnit): LivePiece[] {
    if (!unit.keyframe) return []
    const [heard] = this.#sound
    const isNewSound = heard !== undefined && this.#lane === undefined
    if (this.#parameters === unit.parameters && !isNewSound) return []
    if (this.#parameters === undefined) this.#originTicks = unit.ticks
    this.#parameters = unit.parameters
    if (isNewSound) this.#lane = new SoundLane(heard.format, this.#originTicks)
    return [{ type: 'init', parts: [initSegment(unit.parameters, this.#lane?.format)] }]
  }

  #picture(unit: AccessUnit): LivePiece {
    const { data, keyframe } = unit
    const ticks = Math.max(0, unit.ticks - this.#originTicks)
    // Who shows pictures before those that came earlier needs time to decode: as much as was seen so far.
    this.#lagTicks = Math.max(this.#lagTicks, this.#newestTicks - ticks)
    this.#newestTicks = Math.max(this.#newestTicks, ticks)
    const decodeTicks = Math.max(this.#decodeTicks + 1, ticks - this.#lagTicks)
    this.#decodeTicks = decodeTicks
    const sample = { data, keyframe, duration: LASTS_TICKS, compositionOffset: ticks - decodeTicks }
    const sound = this.#lane?.lay(this.#sound.splice(0))
    this.#sequence += 1
    const video = { track: VIDEO_TRACK, decodeTicks, samples: [sample] } as const
    const parts = fragment(this.#sequence, sound ? [video, sound] : [video])
    return { type: keyframe ? 'key' : 'delta', parts }
  }
}
