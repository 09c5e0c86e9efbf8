import { splitAnnexB, toAccessUnits } from '../../simulator/imaging/annexb.ts'
import { markIn } from '../../simulator/imaging/mark.ts'
import type { KnownPictures } from './known-pictures.ts'
import type { AnnouncedStream, Playback } from './playback.ts'

/** What came of one playback. */
export interface Verdict {
  readonly scene: string
  /** Pictures that came, by their marks. */
  readonly frames: number
  /** Pictures decoded by the player. */
  readonly decoded: number
  /** Frame numbers between the first and the last that did not come. */
  readonly missing: number
  /** Pictures without a mark, out of their order, or not bit for bit what stands at that place of the scene. */
  readonly wrong: number
  /** How often the scene began anew. */
  readonly loops: number
  readonly soundSeconds: number
  /** Errors and warnings of the player. */
  readonly errors: number
  /** What is wrong, in words; empty where nothing is. */
  readonly faults: readonly string[]
}

/** Sound may end before the picture by as much as a player holds back. */
const SOUND_BEHIND_S_MAX = 1

/** Judges what a player got of a stream that it was to play for that long. */
export function judge(stream: AnnouncedStream, seconds: number, playback: Playback, known: KnownPictures): Verdict {
  const followed = follow(stream, playback.video, known)
  const { frames, missing, wrong, loops } = followed
  const { decoded, soundSeconds, complaints } = playback
  const wanted = Math.floor(seconds * stream.framesPerSecond)
  const loopsDue = Math.floor((frames - 1) / followed.length)
  const faults = [
    ...(frames < wanted ? [`${frames} pictures came, not ${wanted}`] : []),
    ...(decoded < wanted ? [`${decoded} pictures were decoded, not ${wanted}`] : []),
    ...(missing > 0 ? [`${missing} frame numbers are missing`] : []),
    ...(wrong > 0 ? [`${wrong} pictures are not what the camera shows there`] : []),
    ...(loops < loopsDue ? [`the scene began anew ${loops} times, not ${loopsDue}`] : []),
    ...(stream.sound && soundSeconds < seconds - SOUND_BEHIND_S_MAX
      ? [`only ${soundSeconds.toFixed(1)} s of sound`]
      : []),
    ...complaints.slice(0, 3),
  ]
  return { ...followed, decoded, soundSeconds, errors: complaints.length, faults }
}

/** Follows the marks and the pictures from the first to the last. */
function follow({ codec }: AnnouncedStream, video: Buffer, known: KnownPictures) {
  const pictures = toAccessUnits(splitAnnexB(video), codec)
  const numbers: number[] = []
  let [wrong, loops, scene, length] = [0, 0, '', Number.POSITIVE_INFINITY]
  let last: { readonly frame: number; readonly index: number } | undefined
  for (const { nalUnits } of pictures) {
    const [mark] = nalUnits.flatMap((unit) => markIn(unit) ?? [])
    const place = known.placeOf(nalUnits, codec)
    if (!mark || !place || (scene !== '' && scene !== place.scene)) {
      wrong++
      continue
    }
    numbers.push(mark.frame)
    scene = place.scene
    length = place.length
    const step = last ? mark.frame - last.frame : 0
    if (last && (step < 1 || (last.index + step) % length !== place.index)) wrong++
    if (last) loops += Math.floor((last.index + Math.max(step, 0)) / length)
    last = { frame: mark.frame, index: place.index }
  }
  const different = new Set(numbers).size
  const span = different === 0 ? 0 : Math.max(...numbers) - Math.min(...numbers) + 1
  return { scene, length, frames: different, missing: span - different, wrong, loops }
}
