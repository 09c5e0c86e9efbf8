const BIAS = 0x84
const CLIP = 32_635

/** A sample of 16 bits as G.711 µ-law: sign, segment and four bits of the magnitude, all inverted (ITU-T G.711, table 2a). */
export function encodeMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS
  const segment = Math.floor(Math.log2(magnitude)) - 7
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f)) & 0xff
}
