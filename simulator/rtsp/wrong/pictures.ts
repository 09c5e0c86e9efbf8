import type { FaultName } from '../../faults/fault.ts'
import type { FaultSwitches } from '../../faults/switches.ts'
import { CODECS, type Codec, type NalUnit } from '../../imaging/codec.ts'
import { Showing } from '../../imaging/showing.ts'
import type { Payload } from '../packetize.ts'

/** What a rule changes: a picture's NAL units, or the payloads that they were cut to. */
type UnitRule = (units: readonly NalUnit[], codec: Codec) => readonly NalUnit[]
type PayloadRule = (payloads: readonly Payload[], codec: Codec) => readonly Payload[]

const DELIMITERS = { h264: Buffer.from('09f0', 'hex'), h265: Buffer.from('460150', 'hex') } as const
/** Types 22 and 41, which are reserved (H.264, table 7-1; H.265, table 7-1). */
const RESERVED = { h264: Buffer.from('165a5a5a80', 'hex'), h265: Buffer.from('52015a5a80', 'hex') } as const

const UNITS: Partial<Record<FaultName, UnitRule>> = {
  'sets-not-in-band': (units, codec) => {
    const { parameterSets, typeOf } = CODECS[codec]
    return units.filter((unit) => !parameterSets.includes(typeOf(unit)))
  },
  'nal-unknown': (units, codec) => [...units.slice(0, -1), RESERVED[codec], ...units.slice(-1)],
  'access-unit-delimiters': (units, codec) => [DELIMITERS[codec], ...units],
}

export function unitsWrongly(units: readonly NalUnit[], codec: Codec, faults: FaultSwitches): readonly NalUnit[] {
  return [...faults.active(UNITS)].reduce((before, [change]) => change(before, codec), units)
}

const START_CODE = [0, 0, 0, 1]
const FU_START_AND_END = 0xc0
const FU_END = 0x40
const isWhole = ({ prefix }: Payload) => prefix.length === 0

const PAYLOADS: Partial<Record<FaultName, PayloadRule>> = {
  'video-silent': () => [],
  'stap-a': aggregated,
  'fu-single': (payloads, codec) => payloads.map((one) => (isWhole(one) ? asFragment(one.bytes, codec) : one)),
  'fu-no-end': (payloads) =>
    payloads.map(({ prefix, bytes }) => {
      const flags = prefix.at(-1)
      return { prefix: flags === undefined ? prefix : [...prefix.slice(0, -1), flags & ~FU_END], bytes }
    }),
  'nal-start-codes': (payloads) =>
    payloads.map((one) => (isWhole(one) ? { prefix: START_CODE, bytes: one.bytes } : one)),
  'rtp-empty': (payloads) => [{ prefix: [], bytes: Buffer.alloc(0) }, ...payloads],
}

export function payloadsWrongly(payloads: Payload[], codec: Codec, faults: FaultSwitches): readonly Payload[] {
  return [...faults.active(PAYLOADS)].reduce<readonly Payload[]>((before, [change]) => change(before, codec), payloads)
}

const AGGREGATE_BYTES_MAX = 1400

/** Puts the first whole units, as many as fit, into one packet (RFC 6184, 5.7.1; RFC 7798, 4.4.2). */
function aggregated(payloads: readonly Payload[], codec: Codec): readonly Payload[] {
  const room = { bytes: AGGREGATE_BYTES_MAX }
  const end = payloads.findIndex((one) => {
    room.bytes -= 2 + one.bytes.length
    return !isWhole(one) || room.bytes < 0
  })
  const together = payloads.slice(0, end < 0 ? payloads.length : end)
  if (together.length < 2) return payloads
  const importance = Math.max(...together.map(({ bytes }) => (bytes[0] ?? 0) & 0x60))
  const header = codec === 'h264' ? [importance | 24] : [48 << 1, 1]
  const parts = together.flatMap(({ bytes }) => [Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
  return [{ prefix: header, bytes: Buffer.concat(parts) }, ...payloads.slice(together.length)]
}

/** A whole unit as a fragment that begins and ends it, which RFC 6184, 5.8, and RFC 7798, 4.4.3, forbid. */
function asFragment(unit: Buffer, codec: Codec): Payload {
  const [first = 0, second = 0] = unit
  if (codec === 'h264')
    return { prefix: [(first & 0xe0) | 28, FU_START_AND_END | (first & 0x1f)], bytes: unit.subarray(1) }
  return {
    prefix: [(first & 0x81) | (49 << 1), second, FU_START_AND_END | ((first >> 1) & 0x3f)],
    bytes: unit.subarray(2),
  }
}

/** What is shown at that frame: now and then the same scene in another size, if there is one in its codec. */
export function showingWrongly(showing: Showing, frame: number, faults: FaultSwitches): Showing {
  if (!faults.isOn('sps-change')) return showing
  const { scene, video } = showing
  const other = [scene, scene.sub].find(({ codec, width }) => codec === video.codec && width !== video.width)
  const isOfScene = [scene, scene.sub].some((one) => one === video)
  const keyframe = frame - (showing.indexOf(frame) % video.gopFrames)
  const period = Math.floor(keyframe / video.framesPerSecond / Math.max(1, faults.valueOf('sps-change')))
  return other && isOfScene && period % 2 === 1 ? new Showing(scene, showing.indexOf(0), other) : showing
}

/** Whether a keyframe is left out, since it is not the first in its time. */
export function leavesOutWrongly(showing: Showing, frame: number, faults: FaultSwitches): boolean {
  if (!faults.isOn('keyframes-rare') || !showing.accessUnit(frame).isKeyframe) return false
  const { framesPerSecond, gopFrames } = showing.video
  const slot = (number: number) =>
    Math.floor(number / framesPerSecond / Math.max(0.1, faults.valueOf('keyframes-rare')))
  return slot(frame) === slot(frame - gopFrames)
}
