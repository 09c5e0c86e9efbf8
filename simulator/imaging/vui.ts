import type { BitReader } from './bit-reader.ts'

const EXTENDED_SAR = 255

/** How a VUI begins in H.264 (E.1.1) and H.265 (E.2.1) alike: aspect ratio, overscan, colours, place of the chroma. */
export function skipLook(reader: BitReader): void {
  if (reader.bits(1) === 1 && reader.bits(8) === EXTENDED_SAR) reader.bits(32)
  if (reader.bits(1) === 1) reader.bits(1)
  if (reader.bits(1) === 1) {
    reader.bits(4)
    if (reader.bits(1) === 1) reader.bits(24)
  }
  if (reader.bits(1) === 1) {
    reader.ue()
    reader.ue()
  }
}
