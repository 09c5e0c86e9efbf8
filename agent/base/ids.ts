import { randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** Random bits as lower-case base32: safe in topics, paths and addresses. 80 bits, 16 characters by default. */
export function newId(length = 16): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte & 31]).join('')
}
