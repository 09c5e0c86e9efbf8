/** What a frame of FLAC holds, read by its own lights: of mono and 16 bits, with constants, samples and fixed predictors. */
export interface ReadFrame {
  readonly from: number
  readonly samples: readonly number[]
}

const PREDICTORS = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]] as const

/** Reads one frame (RFC 9639, 9). Throws Error where a checksum is wrong, or something stands behind it. */
export function readFlacFrame(frame: Uint8Array): ReadFrame {
  const bits = reader(frame)
  if (bits.take(16) !== 0xfff9) throw new Error('no frame of a stream with frames of different lengths')
  const [sizeCode] = [bits.take(4), bits.take(4)]
  if (sizeCode !== 7 || bits.take(8) !== 0x08) throw new Error('not mono of 16 bits, or a size of another form')
  const from = readCoded(bits)
  const count = bits.take(16) + 1
  if (crc(frame.subarray(0, bits.at / 8), 8, 0x07) !== bits.take(8)) throw new Error('CRC-8')
  bits.take(1)
  const type = bits.take(6)
  const wasted = bits.take(1) === 1 ? bits.unary() + 1 : 0
  const samples = readSubframe(bits, type, count, 16 - wasted).map((sample) => sample * 2 ** wasted)
  const end = Math.ceil(bits.at / 8)
  const told = ((frame[end] ?? 0) << 8) | (frame[end + 1] ?? 0)
  if (end + 2 !== frame.length || crc(frame.subarray(0, end), 16, 0x8005) !== told) throw new Error('CRC-16')
  return { from, samples }
}

type Bits = ReturnType<typeof reader>

function reader(bytes: Uint8Array) {
  let at = 0
  const take = (count: number): number => {
    let value = 0
    for (let i = 0; i < count; i++, at++) value = value * 2 + (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1)
    return value
  }
  const signed = (count: number) => {
    const value = take(count)
    return value >= 2 ** (count - 1) ? value - 2 ** count : value
  }
  const unary = () => {
    let zeros = 0
    while (take(1) === 0 && zeros < bytes.length * 8) zeros += 1
    return zeros
  }
  return {
    take,
    signed,
    unary,
    get at() {
      return at
    },
  }
}

function readCoded(bits: Bits): number {
  const first = bits.take(8)
  const ones = Math.clz32(~(first << 24))
  if (ones === 0) return first
  let value = first & (0x7f >> ones)
  for (let i = 1; i < ones; i++) value = value * 64 + (bits.take(8) & 0x3f)
  return value
}

function readSubframe(bits: Bits, type: number, count: number, sampleBits: number): number[] {
  if (type === 0) return Array(count).fill(bits.signed(sampleBits))
  if (type === 1) return Array.from({ length: count }, () => bits.signed(sampleBits))
  const order = type - 8
  const predictor = PREDICTORS[order]
  if (predictor === undefined) throw new Error(`a subframe of type ${type}`)
  const samples = Array.from({ length: order }, () => bits.signed(sampleBits))
  if (bits.take(2) !== 0) throw new Error('another way to code the rest')
  const partitions = 2 ** bits.take(4)
  for (let i = 0; i < partitions; i++) {
    const parameter = bits.take(4)
    for (let left = count / partitions - (i === 0 ? order : 0); left > 0; left--) {
      const folded = bits.unary() * 2 ** parameter + bits.take(parameter)
      const guess = predictor.reduce((sum, weight, back) => sum + weight * (samples.at(-1 - back) ?? 0), 0)
      samples.push(guess + (folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2))
    }
  }
  return samples
}

function crc(bytes: Uint8Array, width: number, polynomial: number): number {
  let value = 0
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = (value >> (width - 1)) & 1
      value = (value << 1) & (2 ** width - 1)
      if (top !== ((byte >> bit) & 1)) value ^= polynomial
    }
  }
  return value
}
