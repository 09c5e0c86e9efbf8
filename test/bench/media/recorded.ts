import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { splitAnnexB, toAccessUnits } from '../../../simulator/imaging/annexb.ts'
import { markIn } from '../../../simulator/imaging/mark.ts'

/** H.264, table 7-1: SEI, SPS, PPS and access unit delimiter carry no picture. */
const NOT_PICTURE = new Set([6, 7, 8, 9])
const TRUN_ROW_BYTES = 16

/** What was found in what was recorded of all streams. */
export interface Found {
  readonly pictures: number
  /** Numbers that are missing between the first and the last of a stream. */
  readonly lost: number
  /** Pictures whose NAL units are not, to the bit, those of the film. */
  readonly altered: number
}

/** The pictures of a film in Annex B, as its NAL units in one piece each. */
export function picturesOf(film: Buffer): ReadonlySet<string> {
  const pictures = toAccessUnits(splitAnnexB(film), 'h264').map(({ nalUnits }) => keyOf(nalUnits))
  return new Set(pictures)
}

const keyOf = (nalUnits: readonly Buffer[]): string =>
  Buffer.concat(nalUnits.filter((nal) => !NOT_PICTURE.has((nal[0] ?? 0) & 31))).toString('latin1')

/** Looks through the clips of each stream, named `STREAM-CLIP.mp4`, and removes them. */
export class Inspection {
  readonly #folder: string
  readonly #film: ReadonlySet<string>
  readonly #newest = new Map<string, number>()
  #pictures = 0
  #lost = 0
  #altered = 0

  constructor(folder: string, film: ReadonlySet<string>) {
    this.#folder = folder
    this.#film = film
  }

  get found(): Found {
    return { pictures: this.#pictures, lost: this.#lost, altered: this.#altered }
  }

  /** Takes what is finished so far. */
  take(): void {
    for (const name of readdirSync(this.#folder).toSorted()) {
      const path = join(this.#folder, name)
      for (const nalUnits of samplesIn(readFileSync(path))) this.#look(name.split('-')[0] ?? '', nalUnits)
      rmSync(path)
    }
  }

  #look(stream: string, nalUnits: readonly Buffer[]): void {
    const mark = nalUnits.map(markIn).find((each) => each !== undefined)
    const newest = this.#newest.get(stream)
    if (mark === undefined || (newest !== undefined && mark.frame <= newest)) this.#altered += 1
    else if (newest !== undefined) this.#lost += mark.frame - newest - 1
    if (mark) this.#newest.set(stream, mark.frame)
    if (!this.#film.has(keyOf(nalUnits))) this.#altered += 1
    this.#pictures += 1
  }
}

/** The NAL units of each picture in a clip of the agent's, whose first `trun` is that of the pictures. */
function* samplesIn(clip: Buffer): Generator<Buffer[]> {
  let sizes: number[] = []
  for (let at = 0; at < clip.length; at += clip.readUInt32BE(at)) {
    const type = clip.toString('latin1', at + 4, at + 8)
    if (type === 'moof') {
      const run = clip.indexOf('trun', at, 'latin1')
      const rows = run + 16
      sizes = Array.from({ length: clip.readUInt32BE(run + 8) }, (_, i) =>
        clip.readUInt32BE(rows + i * TRUN_ROW_BYTES + 4),
      )
    }
    if (type !== 'mdat') continue
    let sample = at + 8
    for (const bytes of sizes) {
      yield [...nalUnitsIn(clip.subarray(sample, sample + bytes))]
      sample += bytes
    }
  }
}

function* nalUnitsIn(sample: Buffer): Generator<Buffer> {
  for (let at = 0; at < sample.length; at += 4 + sample.readUInt32BE(at)) {
    yield sample.subarray(at + 4, at + 4 + sample.readUInt32BE(at))
  }
}

/** How many numbers are missing in a file of anyone's, found by the marks alone. */
export function lostIn(file: Buffer): { readonly pictures: number; readonly lost: number } {
  const numbers = [...file.toString('latin1').matchAll(/frame=(\d{1,15}) clock=/g)].map(([, digits]) => Number(digits))
  const span = (numbers.at(-1) ?? 0) - (numbers[0] ?? 0) + 1
  return { pictures: numbers.length, lost: numbers.length === 0 ? 0 : span - numbers.length }
}
