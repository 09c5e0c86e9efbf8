import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { newId } from '../../agent/base/ids.ts'
import { DEVICE_PATHS } from '../../agent/protocol/claim.ts'
import { type MediaLabel, newEnvelope } from '../../agent/protocol/media-envelope.ts'
import { sealed } from '../../agent/protocol/media-stream.ts'
import type { ItemView } from '../../cloud-bridge/web/api.ts'
import { markIn } from '../../simulator/imaging/mark.ts'
import type { House } from '../harness/house.ts'

/** All files below a folder that have these bytes in them. */
export const filesWith = (folder: string, needle: string | Buffer): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(needle))

/** The frames' numbers in a clip, in the order in which they lie there. */
export function framesIn(clip: Buffer): number[] {
  const frames: number[] = []
  for (let at = clip.indexOf('frame='); at >= 0; at = clip.indexOf('frame=', at + 1)) {
    // The SEI's header, its type and length, and the UUID are before the text.
    const mark = markIn(clip.subarray(at - 19, at + 64))
    if (mark) frames.push(mark.frame)
  }
  return frames
}

/** The same clip, larger: `free` boxes (ISO/IEC 14496-12, 8.1.2) before each fragment, which players skip. */
export function padded(clip: Buffer, bytesEach: number): Buffer {
  const free = Buffer.alloc(bytesEach)
  free.writeUInt32BE(bytesEach)
  free.write('free', 4, 'latin1')
  const parts: Buffer[] = []
  for (let at = 0; at < clip.length; at += clip.readUInt32BE(at)) {
    if (clip.toString('latin1', at + 4, at + 8) === 'moof') parts.push(free)
    parts.push(clip.subarray(at, at + clip.readUInt32BE(at)))
  }
  return Buffer.concat(parts)
}

/** Sends a clip as the house's box would: like this one, but for its bytes. @returns its id */
export async function sendClip(house: House, like: ItemView, plain: Buffer, recipients: string[]): Promise<string> {
  const item = newId()
  const { camera, takenAt, durationMs, reason, grantSerial } = like
  const label = {
    item,
    camera,
    kind: 'clip',
    contentType: 'video/mp4',
    takenAt,
    durationMs,
    reason,
  } satisfies MediaLabel
  const { head, cipher } = newEnvelope(label, plain.length, recipients)
  const chunks = await buffer(sealed(cipher, plain.length, Readable.from([plain])))
  const sha256 = createHash('sha256').update(chunks).digest('hex')
  const metadata = { ...label, grantSerial, sha256, envelope: head.toString('base64url') }
  const words = Object.entries(metadata).map(
    ([name, value]) => `${name} ${Buffer.from(String(value)).toString('base64')}`,
  )
  const [box] = house.boxes
  if (!box) throw new Error('The house has no box')
  const { agent, token } = box.identity()
  const tus = { authorization: `Bearer ${agent}.${token}`, 'tus-resumable': '1.0.0' }
  const created = await fetch(new URL(DEVICE_PATHS.uploads, house.url), {
    method: 'POST',
    headers: { ...tus, 'upload-length': String(chunks.length), 'upload-metadata': words.join(',') },
  })
  const done = await fetch(new URL(created.headers.get('location') ?? '', house.url), {
    method: 'PATCH',
    headers: { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: chunks,
  })
  if (done.status !== 204) throw new Error(`The bridge did not take the clip: ${created.status}, ${done.status}`)
  return item
}
