const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const CHECKSUM_LENGTH = 6

/** The text of some bytes with a prefix and a checksum (BIP 173), lower case; without its limit of 90 characters, as age has it. */
export function bech32Encode(prefix: string, bytes: Uint8Array): string {
  const words = regroup(bytes, 8, 5, true) ?? []
  const sum = polymod([...expand(prefix), ...words, 0, 0, 0, 0, 0, 0]) ^ 1
  const checksum = Array.from({ length: CHECKSUM_LENGTH }, (_, i) => (sum >>> (5 * (5 - i))) & 31)
  return `${prefix}1${[...words, ...checksum].map((word) => ALPHABET[word]).join('')}`
}

/** The bytes of such a text; undefined where prefix, letters, checksum or padding are not as they must be. */
export function bech32Decode(prefix: string, text: string): Buffer | undefined {
  const body = text.slice(prefix.length + 1)
  if (!text.startsWith(`${prefix}1`) || body.length < CHECKSUM_LENGTH) return undefined
  const words = Array.from(body, (letter) => ALPHABET.indexOf(letter))
  if (words.includes(-1) || polymod([...expand(prefix), ...words]) !== 1) return undefined
  const bytes = regroup(words.slice(0, -CHECKSUM_LENGTH), 5, 8, false)
  return bytes && Buffer.from(bytes)
}

function polymod(values: readonly number[]): number {
  let sum = 1
  for (const value of values) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ value
    for (const [i, generator] of GENERATOR.entries()) if ((top >>> i) & 1) sum ^= generator
  }
  return sum
}

const expand = (prefix: string): number[] => [
  ...Array.from(prefix, (letter) => letter.charCodeAt(0) >>> 5),
  0,
  ...Array.from(prefix, (letter) => letter.charCodeAt(0) & 31),
]

/** The same bits in groups of another width. Undefined: what fills the last group up is more than needed, or not zero. */
function regroup(values: Iterable<number>, from: number, to: number, pad: boolean): number[] | undefined {
  const groups: number[] = []
  let [bits, held] = [0, 0]
  for (const value of values) {
    held = ((held << from) | value) & 0xfff
    for (bits += from; bits >= to; ) {
      bits -= to
      groups.push((held >>> bits) & (2 ** to - 1))
    }
  }
  const rest = held & (2 ** bits - 1)
  if (pad && bits > 0) groups.push((rest << (to - bits)) & (2 ** to - 1))
  return !pad && (bits >= from || rest !== 0) ? undefined : groups
}
