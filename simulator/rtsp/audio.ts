import type { FaultSwitches } from '../faults/switches.ts'
import type { Sound, Sounds } from '../imaging/sound.ts'
import type { Payload } from './packetize.ts'
import type { RtpSource } from './sender.ts'

const PCMU_PAYLOAD_TYPE = 0
const AAC_PAYLOAD_TYPE = 97

/** One track of sound, a unit being a packet. */
export class AudioSource implements RtpSource {
  readonly payloadType: number
  /** An AAC packet holds a whole frame, which the marker says (RFC 3640, 3.1); in G.711 it would begin a talkspurt. */
  readonly marksEnd: boolean
  readonly #sound: Sound
  readonly #faults: FaultSwitches
  readonly #prefixOf: (unit: Buffer) => readonly number[]

  constructor(codec: keyof Sounds, sounds: Sounds, faults: FaultSwitches) {
    this.#faults = faults
    this.#sound = sounds[codec]
    this.payloadType = codec === 'aac' ? AAC_PAYLOAD_TYPE : PCMU_PAYLOAD_TYPE
    this.marksEnd = codec === 'aac'
    this.#prefixOf = codec === 'aac' ? auHeaders : () => []
  }

  get clockHz(): number {
    return this.#sound.sampleRateHz
  }

  /** Sound can be sent when all of it has been heard. */
  dueAt(nowMs: number): number {
    return this.#current(nowMs) - 1
  }

  startAfter(nowMs: number): number {
    return this.#current(nowMs) + 1
  }

  ticksOf(unit: number): number {
    return unit * this.#sound.samplesPerUnit
  }

  payloadsOf(unit: number): Payload[] {
    const bytes = this.#sound.units[unit % this.#sound.units.length]
    if (!bytes) throw new RangeError(`There is no sound ${unit}`)
    if (this.#faults.isOn('audio-silent')) return []
    return [{ prefix: this.#prefixOf(bytes), bytes }]
  }

  #current(nowMs: number): number {
    return Math.floor((nowMs * this.clockHz) / 1000 / this.#sound.samplesPerUnit)
  }
}

/** One access unit's header: 13 bits of size, 3 of index, after the length of all headers in bits (RFC 3640, 3.2.1). */
function auHeaders({ length }: Buffer): number[] {
  return [0, 16, length >> 5, (length & 0x1f) << 3]
}

/** The section of a track of sound (RFC 3551, 4.5.14; RFC 3640, 4.1 and 3.3.6). The AAC's config says AAC-LC, 16 kHz, mono. */
export function describeAudio(codec: keyof Sounds): string[] {
  if (codec === 'pcmu') return [`m=audio 0 RTP/AVP ${PCMU_PAYLOAD_TYPE}`, 'a=rtpmap:0 PCMU/8000', 'a=ptime:20']
  return [
    `m=audio 0 RTP/AVP ${AAC_PAYLOAD_TYPE}`,
    `a=rtpmap:${AAC_PAYLOAD_TYPE} MPEG4-GENERIC/16000/1`,
    `a=fmtp:${AAC_PAYLOAD_TYPE} streamtype=5;profile-level-id=15;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408`,
  ]
}
