/*
 * The recovery code: an age identity (AGE-SECRET-KEY-1 and 58 letters and digits, of which the last six are its Bech32
 * checksum, BIP 173), in groups of four with the checksum as the last. docs/media-format.md has it in words.
 */

const PREFIX = 'AGE-SECRET-KEY-'
const HEAD = `${PREFIX}1`
const ALPHABET = 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const CODE_LENGTH = 58
const CHECKSUM_LENGTH = 6
const GROUP_LENGTH = 4
export const GROUP_COUNT = (CODE_LENGTH - CHECKSUM_LENGTH) / GROUP_LENGTH + 1

/** What was typed, read: the identity as age programs have it, or what is wrong with it, in words. */
export type ReadCode = { readonly identity: string } | { readonly problem: string }

/** The code without `AGE-SECRET-KEY-1`, as it is printed: thirteen groups of four, then the checksum of six. */
export function groupsOf(identity: string): string[] {
  const code = identity.slice(HEAD.length)
  const body = code.slice(0, -CHECKSUM_LENGTH).match(/.{4}/g) ?? []
  return [...body, code.slice(-CHECKSUM_LENGTH)]
}

/**
 * Reads a code that was typed, pasted, scanned, or is in a file of `age-keygen`: case, spaces and dashes don't matter, nor
 * does whether `AGE-SECRET-KEY-1` is before it. A code with one mistake is not mended, but its place is named.
 */
export function readRecoveryCode(typed: string): ReadCode {
  const code = lettersOf(typed)
  if (code === '') return { problem: 'Enter your recovery code.' }
  if (code.length !== CODE_LENGTH) {
    const count = `${code.length} ${code.length === 1 ? 'character' : 'characters'}`
    return { problem: `The code has ${CODE_LENGTH} letters and digits in ${GROUP_COUNT} groups; these are ${count}.` }
  }
  const words = Array.from(code, (letter) => ALPHABET.indexOf(letter))
  const strange = words.indexOf(-1)
  if (strange >= 0) return { problem: `No code has “${code[strange]}” in it: look at ${groupAt(strange)} again.` }
  if (isValid(words)) return { identity: HEAD + code }
  const wrong = placeOfMistake(words)
  const where = wrong === undefined ? 'compare it group by group' : `look at ${groupAt(wrong)} again`
  return { problem: `This is not quite the code: ${where}.` }
}

/** What was typed in one group's place, as the sheet has it. */
export const readGroup = (typed: string): string => looksLike(typed.toUpperCase()).replace(/[^A-Z0-9]/g, '')

/** The private key's 32 bytes of a code that was read. */
export function secretOf(identity: string): Uint8Array<ArrayBuffer> {
  const secret = new Uint8Array(32)
  let [bits, held, at] = [0, 0, 0]
  for (const letter of identity.slice(HEAD.length, -CHECKSUM_LENGTH)) {
    held = ((held << 5) | ALPHABET.indexOf(letter)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    secret[at] = (held >>> bits) & 0xff
    at += 1
  }
  return secret
}

/** A public key short enough to tell two apart: its beginning and end. */
export const shortRecipient = (recipient: string): string => `${recipient.slice(0, 9)}…${recipient.slice(-6)}`

/** Whether it can be a public key of the kind that boxes encrypt for: age1 and 58 more. The bridge checks it in full. */
export const isRecipient = (text: string): boolean => /^age1[02-9ac-hj-np-z]{58}$/.test(text)

/** A file as `age-keygen` writes it, which every age program takes. */
export const recoveryFile = (identity: string, recipient: string, about: readonly string[]): string =>
  [...about.map((line) => `# ${line}`), `# public key: ${recipient}`, identity, ''].join('\n')

function lettersOf(typed: string): string {
  // In a file, the line that has it; comments are for people.
  const line = typed.split(/\r?\n/).find((each) => each.trim().toUpperCase().startsWith(PREFIX)) ?? typed
  const letters = line.toUpperCase().replace(/[^A-Z0-9]/g, '')
  const head = HEAD.replaceAll('-', '')
  return looksLike(letters.startsWith(head) ? letters.slice(head.length) : letters)
}

/** The alphabet has no B, I, O or 1: they are what people read for 8, L, 0 and L. */
const looksLike = (letters: string): string =>
  letters.replaceAll('B', '8').replaceAll('O', '0').replaceAll('I', 'L').replaceAll('1', 'L')

const groupAt = (place: number): string => {
  const group = Math.min(Math.floor(place / GROUP_LENGTH), GROUP_COUNT - 1) + 1
  return group === GROUP_COUNT ? 'the last group' : `group ${group}`
}

/** Where one other letter would make it valid; undefined where more is wrong. */
function placeOfMistake(words: readonly number[]): number | undefined {
  for (const place of words.keys()) {
    for (let word = 0; word < ALPHABET.length; word += 1) if (isValid(words.with(place, word))) return place
  }
  return undefined
}

/** BIP 173, "Checksum". The 260 bits of 52 words are 256 and four zeros. */
const isValid = (words: readonly number[]): boolean =>
  polymod([...EXPANDED, ...words]) === 1 && ((words.at(-CHECKSUM_LENGTH - 1) ?? 1) & 0xf) === 0

const PREFIX_CODES = Array.from(PREFIX.toLowerCase(), (letter) => letter.charCodeAt(0))
const EXPANDED = [...PREFIX_CODES.map((code) => code >>> 5), 0, ...PREFIX_CODES.map((code) => code & 31)]

function polymod(values: readonly number[]): number {
  let sum = 1
  for (const value of values) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ value
    for (const [i, generator] of GENERATOR.entries()) if ((top >>> i) & 1) sum ^= generator
  }
  return sum
}
