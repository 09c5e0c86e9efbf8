import type { G711Format } from '../rtsp/sound-format.ts'

/** µ-law as 16-bit samples (ITU-T G.711, table 2). */
function decodeMuLaw(code: number): number {
  const bits = ~code & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84
  return (bits & 0x80) === 0 ? magnitude : -magnitude
}

/** A-law as 16-bit samples (ITU-T G.711, table 1). */
function decodeALaw(code: number): number {
  const bits = code ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = ((bits & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return (bits & 0x80) === 0 ? -magnitude : magnitude
}

const table = (decode: (code: number) => number) => Int16Array.from({ length: 256 }, (_, code) => decode(code))
const TABLES: Readonly<Record<G711Format['codec'], Int16Array>> = { pcmu: table(decodeMuLaw), pcma: table(decodeALaw) }

/** 16-bit samples, one for each byte. */
export function decodeG711(bytes: Uint8Array, codec: G711Format['codec']): Int16Array {
  const decoded = TABLES[codec]
  return Int16Array.from(bytes, (code) => decoded[code] ?? 0)
}
