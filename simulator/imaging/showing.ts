import type { AccessUnit } from './annexb.ts'
import { type Mark, markJpeg } from './mark.ts'
import type { Scene } from './scene.ts'
import type { Video } from './video.ts'

/**
 * What one video source shows: a scene, begun at a phase of its own, so that two cameras with the same scene differ.
 * The clock alone says which frame is shown, so video and snapshots agree and nothing has to run while nobody looks.
 */
export class Showing {
  readonly scene: Scene
  /** What is streamed: the scene in one of its forms, or a video of the user's own. */
  readonly video: Video
  readonly #phaseFrames: number

  constructor(scene: Scene, phaseFrames: number, video: Video = scene) {
    this.scene = scene
    this.video = video
    this.#phaseFrames = phaseFrames
  }

  /** The same moments in the smaller form; a video of the user's own has none. */
  get sub(): Showing | undefined {
    const isScene = this.video === this.scene || this.video === this.scene.h265
    return isScene ? new Showing(this.scene, this.#phaseFrames, this.scene.sub) : undefined
  }

  /** The number of the frame shown at that time, counted from the epoch: it grows by one a frame and never loops. */
  frameNumberAt(timeMs: number): number {
    return Math.floor((timeMs * this.video.framesPerSecond) / 1000)
  }

  /** The first frame number from `frameNumber` onwards at which a decoder can start. */
  nextKeyframe(frameNumber: number): number {
    let frame = frameNumber
    while (!this.accessUnit(frame).isKeyframe) frame++
    return frame
  }

  /** The place in the video of that frame. */
  indexOf(frameNumber: number): number {
    return (frameNumber + this.#phaseFrames) % this.video.accessUnits.length
  }

  accessUnit(frameNumber: number): AccessUnit {
    const unit = this.video.accessUnits[this.indexOf(frameNumber)]
    if (!unit) throw new RangeError(`Frame ${frameNumber} is not in the scene ${this.scene.name}`)
    return unit
  }

  /** What that frame says of itself where the camera's clock is ahead of ours by that much. */
  markOf(frameNumber: number, clockAheadMs: number): Mark {
    return { frame: frameNumber, clockMs: (frameNumber * 1000) / this.video.framesPerSecond + clockAheadMs }
  }

  /** The scene at that time as a JPEG, marked: the last keyframe's, at most one second old. */
  jpegAt(timeMs: number, clockAheadMs: number): Buffer {
    const { framesPerSecond, gopFrames, accessUnits, jpegs, name } = this.scene
    const shown = Math.floor((timeMs * framesPerSecond) / 1000)
    const index = (shown + this.#phaseFrames) % accessUnits.length
    const jpeg = jpegs[Math.floor(index / gopFrames)]
    if (!jpeg) throw new RangeError(`The scene ${name} has no picture at ${timeMs} ms`)
    const frame = shown - (index % gopFrames)
    return markJpeg(jpeg, { frame, clockMs: (frame * 1000) / framesPerSecond + clockAheadMs })
  }
}
