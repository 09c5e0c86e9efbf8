import { BitWriter } from './bit-writer.ts'
import { type Residual, residualOf, writeResidual } from './flac-residual.ts'

/** Samples of a frame. Shorter ones are only allowed as the last (RFC 9639, 8.2). */
const BLOCK_MIN = 16
const BLOCK_MAX = 4096
const SAMPLE_BITS = 16

/** Rates that a frame's header can name (RFC 9639, 9.1.2). Others stand in the STREAMINFO alone. */
const RATE_CODES: Readonly<Record<number, number>> = { 8000: 4, 16000: 5, 22050: 6, 24000: 7, 32000: 8, 48000: 10 }

/** STREAMINFO for mono of 16 bits (RFC 9639, 8.2), with the length and the MD5 unknown, as in a stream. */
export function streamInfo(sampleRateHz: number): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(BLOCK_MIN)
  info.writeUInt16BE(BLOCK_MAX, 2)
  // 20 bits of rate, 3 of channels less one, 5 of sample size less one, and the first 4 of a length of 0.
  info.writeUInt32BE(((sampleRateHz << 12) | ((SAMPLE_BITS - 1) << 4)) >>> 0, 10)
  return info
}

/** Cuts samples into frames' worth, none of them too short. Throws RangeError for fewer than 16. */
export function blocksOf(samples: Int16Array): Int16Array[] {
  if (samples.length < BLOCK_MIN) throw new RangeError(`${samples.length} samples are too few for a FLAC frame`)
  const count = Math.ceil(samples.length / BLOCK_MAX)
  const step = Math.ceil(samples.length / count)
  return Array.from({ length: count }, (_, i) => samples.subarray(i * step, (i + 1) * step))
}

/**
 * One frame of FLAC, mono, 16 bits (RFC 9639, 9), lossless: a constant, a fixed predictor with Rice codes, or the samples
 * as they are, whichever is shortest.
 * @param from the number of its first sample, since frames differ in length
 */
export function flacFrame(samples: Int16Array, sampleRateHz: number, from: number): Buffer {
  const writer = new BitWriter(samples.length * 2 + 64)
  const header = [0xff, 0xf9, 0x70 | (RATE_CODES[sampleRateHz] ?? 0), 0x08, ...coded(from)]
  header.push(((samples.length - 1) >> 8) & 0xff, (samples.length - 1) & 0xff)
  for (const byte of [...header, crc8(header)]) writer.write(byte, 8)
  writeSubframe(writer, samples)
  writer.align()
  const frame = writer.written
  const crc = crc16(frame)
  return Buffer.concat([frame, Buffer.from([crc >> 8, crc & 0xff])])
}

/** RFC 9639, 9.2. Low bits that are 0 in all samples, as those of G.711 are, are left out ("wasted bits"). */
function writeSubframe(writer: BitWriter, samples: Int16Array): void {
  const [first = 0] = samples
  if (samples.every((sample) => sample === first)) {
    writer.write(0, 8)
    writer.write(first, SAMPLE_BITS)
    return
  }
  const all = samples.reduce((bits, sample) => bits | sample, 0)
  const wasted = 31 - Math.clz32(all & -all)
  const bits = SAMPLE_BITS - wasted
  const values = Int32Array.from(samples, (sample) => sample >> wasted)
  const residual = residualOf(values)
  const isShorter = residual !== undefined && residual.bits + residual.order * bits < values.length * bits
  writer.write(((isShorter ? 8 + residual.order : 1) << 1) | (wasted > 0 ? 1 : 0), 8)
  if (wasted > 0) writer.unary(wasted - 1)
  if (isShorter) writeFixed(writer, values, bits, residual)
  else for (const value of values) writer.write(value, bits)
}

function writeFixed(writer: BitWriter, values: Int32Array, bits: number, residual: Residual): void {
  for (const value of values.subarray(0, residual.order)) writer.write(value, bits)
  writeResidual(writer, residual)
}

/** A number of up to 36 bits in the manner of UTF-8 (RFC 9639, 9.1.5). */
function coded(value: number): number[] {
  if (value < 0x80) return [value]
  let rest = value
  const tail: number[] = []
  // As many bits fit into the first byte of n as 7 - n, less each that follows carries 6.
  while (rest >= 2 ** (6 - tail.length) || tail.length === 0) {
    tail.unshift(0x80 | (rest % 64))
    rest = Math.floor(rest / 64)
  }
  const ones = tail.length + 1
  return [((0xff << (8 - ones)) & 0xff) | rest, ...tail]
}

const CRC8 = crcTable(8, 0x07)
const CRC16 = crcTable(16, 0x8005)

function crcTable(width: 8 | 16, polynomial: number): Uint16Array {
  const top = 1 << (width - 1)
  const mask = (1 << width) - 1
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (width - 8)
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & top ? polynomial : 0)) & mask
    return crc
  })
}

const crc8 = (bytes: readonly number[]) => bytes.reduce((crc, byte) => CRC8[crc ^ byte] ?? 0, 0)

function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (CRC16[(crc >> 8) ^ byte] ?? 0)
  return crc
}
