import { readFileSync } from 'node:fs'

/** The samples of a clip's tracks, read without the writer's code. The pictures' track is 1, the sound's 2. */
export interface ClipFile {
  readonly pictures: readonly Buffer[]
  readonly sound: readonly Buffer[]
}

const ROW_BYTES = 16

/** Reads a clip's fragments. Throws Error where their samples don't fill their data. */
export function readClip(path: string): ClipFile {
  const file = readFileSync(path)
  const tracks = new Map<number, Buffer[]>()
  for (const { type, body, at } of boxesIn(file)) {
    if (type !== 'moof') continue
    let end = 0
    for (const traf of boxesIn(body)) {
      if (traf.type !== 'traf') continue
      const inside = boxesIn(traf.body)
      const of = (wanted: string) => inside.find((box) => box.type === wanted)?.body ?? Buffer.alloc(0)
      const [tfhd, trun] = [of('tfhd'), of('trun')]
      const samples = tracks.get(tfhd.readUInt32BE(4)) ?? []
      tracks.set(tfhd.readUInt32BE(4), samples)
      let from = at + trun.readUInt32BE(8)
      for (let i = 0; i < trun.readUInt32BE(4); i++) {
        const bytes = trun.readUInt32BE(12 + i * ROW_BYTES + 4)
        samples.push(file.subarray(from, from + bytes))
        from += bytes
      }
      end = from
    }
    const mdat = at + 8 + body.length
    if (end !== mdat + file.readUInt32BE(mdat)) throw new Error('The samples do not fill their mdat')
  }
  return { pictures: tracks.get(1) ?? [], sound: tracks.get(2) ?? [] }
}

function boxesIn(bytes: Buffer): { type: string; body: Buffer; at: number }[] {
  const boxes: { type: string; body: Buffer; at: number }[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const end = at + bytes.readUInt32BE(at)
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + 8, end), at })
  }
  return boxes
}

/** The NAL units of a sample, each behind its length. */
export function nalUnitsIn(sample: Buffer): Buffer[] {
  const units: Buffer[] = []
  for (let at = 0; at < sample.length; at += 4 + sample.readUInt32BE(at)) {
    units.push(sample.subarray(at + 4, at + 4 + sample.readUInt32BE(at)))
  }
  return units
}
