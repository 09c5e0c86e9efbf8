import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { LenscapError } from '../base/errors.ts'
import { bech32Decode, bech32Encode } from './bech32.ts'

/*
 * A small secret as an age file (C2SP, "The age file encryption format", v1), for X25519 recipients: the part of age
 * that wraps our keys, so that any age tool unwraps them. https://github.com/C2SP/C2SP/blob/main/age.md
 */

const VERSION_LINE = 'age-encryption.org/v1'
const X25519_INFO = 'age-encryption.org/v1/X25519'
const FILE_KEY_BYTES = 16
const NONCE_BYTES = 16
const POINT_BYTES = 32
const TAG_BYTES = 16
const RECIPIENTS_MAX = 16
/** Of a payload that is one chunk, which is then the last: an 11-byte counter of 0 and the flag ("Payload"). */
const LAST_CHUNK_NONCE = Buffer.from('000000000000000000000001', 'hex')
/** A key that is used once may have a nonce of zeros ("X25519 recipient stanza"). */
const ZERO_NONCE = Buffer.alloc(12)

/** Seals a small secret for each of these recipients. @throws LenscapError `unsupported` for one of another kind than X25519 */
export function ageSeal(secret: Buffer, recipients: readonly string[]): Buffer {
  if (recipients.length === 0 || recipients.length > RECIPIENTS_MAX) {
    throw new LenscapError('unsupported', 'There is nobody to encrypt for, or too many', { count: recipients.length })
  }
  const fileKey = randomBytes(FILE_KEY_BYTES)
  const stanzas = recipients.map((recipient) => stanzaFor(fileKey, pointOf(recipient)))
  const signed = `${VERSION_LINE}\n${stanzas.join('')}---`
  const nonce = randomBytes(NONCE_BYTES)
  const header = Buffer.from(`${signed} ${base64(headerMac(fileKey, signed))}\n`)
  const key = derive(fileKey, nonce, 'payload')
  return Buffer.concat([header, nonce, chachaSeal(key, LAST_CHUNK_NONCE, secret)])
}

/**
 * The secret, if the identity (an X25519 private key) is that of one of the recipients; otherwise undefined.
 * @throws LenscapError `invalid` for what is no such file, or was changed
 */
export function ageOpen(file: Buffer, identity: KeyObject): Buffer | undefined {
  const { stanzas, signed, mac, payload } = parse(file)
  const own = rawPublic(identity)
  for (const { share, body } of stanzas) {
    const fileKey = chachaOpen(wrapKey(identity, share, share, own), ZERO_NONCE, body)
    if (fileKey?.length !== FILE_KEY_BYTES) continue
    if (!timingSafeEqual(headerMac(fileKey, signed), mac)) throw damaged()
    const key = derive(fileKey, payload.subarray(0, NONCE_BYTES), 'payload')
    const secret = chachaOpen(key, LAST_CHUNK_NONCE, payload.subarray(NONCE_BYTES))
    if (secret === undefined) throw damaged()
    return secret
  }
  return undefined
}

export const newAgeIdentity = (): KeyObject => generateKeyPairSync('x25519').privateKey

/** `age1…`, the public half. */
export const ageRecipientOf = (identity: KeyObject): string => bech32Encode('age', rawPublic(identity))

/** `AGE-SECRET-KEY-1…`, as age's own tools read it. Never to be logged. */
export const ageIdentityText = (identity: KeyObject): string =>
  bech32Encode('age-secret-key-', Buffer.from(identity.export({ format: 'jwk' }).d ?? '', 'base64url')).toUpperCase()

/** @throws LenscapError `invalid` */
export function parseAgeIdentity(text: string): KeyObject {
  const secret = text === text.toUpperCase() ? bech32Decode('age-secret-key-', text.toLowerCase()) : undefined
  if (secret?.length !== POINT_BYTES) throw new LenscapError('invalid', 'This is no AGE-SECRET-KEY-1… of kind X25519')
  // RFC 8410: the fixed beginning of a PKCS #8 X25519 key.
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secret])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

/** Whether this release can encrypt for it. */
export const isAgeRecipient = (text: string): boolean => bech32Decode('age', text)?.length === POINT_BYTES

/** The raw public point of `age1…`. */
function pointOf(recipient: string): Buffer {
  const point = bech32Decode('age', recipient)
  if (point?.length === POINT_BYTES) return point
  throw new LenscapError('unsupported', 'This release encrypts for X25519 recipients (age1…, 62 characters) alone')
}

/** age, "X25519 recipient stanza". */
function stanzaFor(fileKey: Buffer, recipient: Buffer): string {
  const ephemeral = newAgeIdentity()
  const share = rawPublic(ephemeral)
  const body = chachaSeal(wrapKey(ephemeral, recipient, share, recipient), ZERO_NONCE, fileKey)
  return `-> X25519 ${base64(share)}\n${base64(body)}\n`
}

function wrapKey(own: KeyObject, theirs: Buffer, share: Buffer, recipient: Buffer): Buffer {
  return derive(agree(own, theirs), Buffer.concat([share, recipient]), X25519_INFO)
}

/** @throws LenscapError `invalid` for a point of low order, whose secret everybody knows */
function agree(privateKey: KeyObject, point: Buffer): Buffer {
  const der = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), point])
  try {
    const secret = diffieHellman({ privateKey, publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) })
    if (secret.some((byte) => byte !== 0)) return secret
  } catch {
    // OpenSSL itself refuses such a point.
  }
  throw damaged()
}

interface Stanza {
  readonly share: Buffer
  readonly body: Buffer
}

function parse(file: Buffer) {
  const end = file.indexOf('\n---')
  const newline = file.indexOf('\n', end + 4)
  if (end < 0 || newline < 0 || file[end + 4] !== 0x20) throw damaged()
  const signed = file.toString('latin1', 0, end + 4)
  const mac = unbase64(file.toString('latin1', end + 5, newline), 32)
  const [version, ...lines] = file.toString('latin1', 0, end).split('\n')
  const payload = file.subarray(newline + 1)
  if (version !== VERSION_LINE || payload.length < NONCE_BYTES + TAG_BYTES || lines.length > 4 * RECIPIENTS_MAX) {
    throw damaged()
  }
  return { signed, mac, payload, stanzas: [...stanzasOf(lines)] }
}

/** Those of kind X25519; others are for somebody else. */
function* stanzasOf(lines: readonly string[]): Generator<Stanza> {
  for (let i = 0; i < lines.length; ) {
    const [arrow, kind, share = '', ...more] = (lines[i] ?? '').split(' ')
    if (arrow !== '->') throw damaged()
    const from = i + 1
    // A body ends with its first line of less than 64 characters.
    do i += 1
    while (lines[i]?.length === 64)
    i += 1
    if (kind !== 'X25519') continue
    if (more.length > 0 || i !== from + 1) throw damaged()
    yield { share: unbase64(share, POINT_BYTES), body: unbase64(lines[from] ?? '', FILE_KEY_BYTES + TAG_BYTES) }
  }
}

const headerMac = (fileKey: Buffer, signed: string): Buffer =>
  createHmac('sha256', derive(fileKey, Buffer.alloc(0), 'header'))
    .update(signed, 'latin1')
    .digest()

const derive = (secret: Buffer, salt: Buffer, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, 32))

function chachaSeal(key: Buffer, nonce: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES })
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function chachaOpen(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

/** Both the private and the public key know it. */
const rawPublic = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** age demands the one canonical spelling, without padding. */
function unbase64(text: string, length: number): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== length || base64(bytes) !== text) throw damaged()
  return bytes
}

const damaged = () => new LenscapError('invalid', 'The wrapped key is damaged: it is no age file of version 1')
