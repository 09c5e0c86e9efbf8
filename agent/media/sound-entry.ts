import type { AacFormat, G711Format, SoundFormat } from '../rtsp/sound-format.ts'
import { box, fullBox, u8, u16, u32, zeros } from './boxes.ts'
import { streamInfo } from './flac.ts'

/** The sample entry of a track of sound: AAC as it is, G.711 as the FLAC that it is turned into. */
export const soundEntry = (format: SoundFormat): Buffer => (format.codec === 'aac' ? mp4a(format) : flac(format))

/** What a player may ask of the browser (RFC 6381, 3.3): `mp4a.40.2`, `flac`. */
export function soundCodecString(format: SoundFormat): string {
  if (format.codec !== 'aac') return 'flac'
  const type = (format.config[0] ?? 0) >> 3
  return `mp4a.40.${type === 0 ? 2 : type}`
}

/** ISO/IEC 14496-12, 12.2.3. A rate beyond 16 bits is told by the decoder's configuration alone. */
function audioSampleEntry(type: string, { channels, sampleRateHz }: SoundFormat, configuration: Buffer): Buffer {
  const rate = sampleRateHz < 0x1_0000 ? sampleRateHz * 0x1_0000 : 0
  return box(type, zeros(6), u16(1), zeros(8), u16(channels), u16(16), zeros(4), u32(rate), configuration)
}

/** ISO/IEC 14496-14, 5.6, and 14496-1, 7.2.6: one stream of MPEG-4 audio with its AudioSpecificConfig. */
function mp4a(format: AacFormat): Buffer {
  const specific = descriptor(5, format.config)
  const decoder = descriptor(4, u8(0x40, 0x15, 0, 0, 0), u32(0), u32(0), specific)
  const stream = descriptor(3, u16(0), u8(0), decoder, descriptor(6, u8(2)))
  return audioSampleEntry('mp4a', format, fullBox('esds', 0, 0, stream))
}

/** Short enough for one byte of length: a configuration has 64 bytes at most. */
function descriptor(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([u8(tag, body.length), body])
}

/** "Encapsulation of FLAC in ISO Base Media File Format", 3.3: the one block that a decoder needs, marked as the last. */
function flac(format: G711Format): Buffer {
  const info = streamInfo(format.sampleRateHz)
  return audioSampleEntry('fLaC', format, fullBox('dfLa', 0, 0, u8(0x80, 0, 0, info.length), info))
}
