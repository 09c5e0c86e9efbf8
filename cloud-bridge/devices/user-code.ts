import { createHash, randomBytes } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** 65 random bits in three groups, to be read from a screen and typed: `ABCD-EFGH-JKLMN`. */
export function newUserCode(): string {
  const letters = Array.from(randomBytes(13), (byte) => ALPHABET[byte & 31]).join('')
  return `${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8)}`
}

/** What is stored and looked up: case, spaces and dashes as people type them don't matter. */
export function hashUserCode(typed: string): string {
  const code = typed.toUpperCase().replaceAll(/[^A-Z2-7]/g, '')
  return createHash('sha256').update(`lenscap-user-code\n${code}`).digest('hex')
}
