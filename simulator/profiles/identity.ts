import { createHash } from 'node:crypto'
import type { Profile } from './profile.ts'

/** What tells one simulated camera from all others. The same profile, address and seed give the same identity, always. */
export interface Identity {
  readonly serial: string
  /** In the brand's own writing. */
  readonly macs: readonly string[]
  /** `urn:uuid:…` */
  readonly endpoint: string
  readonly hostname: string
  readonly realm: string
  /** A number of this camera's own, 32 bits, to seed what else differs between cameras. */
  readonly variety: number
}

export function identify(profile: Profile, address: string, seed: string): Identity {
  const hash = (use: string) => createHash('sha256').update(`${seed}|${profile.name}|${address}|${use}`).digest()
  // Bit 1 of the first byte: locally administered, so that no maker's real range is used (IEEE 802, 8.2).
  const mac = `02${hash('mac').toString('hex', 0, 5)}`
  const fill = (template: string, use: string) => fillTemplate(template, hash(use), mac.toUpperCase())
  const { separator, upperCase } = profile.mac
  const written = (mac.match(/../g) ?? []).join(separator)
  const uuid = hash('uuid')
  return {
    serial: fill(profile.serial, 'serial'),
    macs: [upperCase ? written.toUpperCase() : written],
    endpoint: `urn:uuid:${formatUuid(uuid)}`,
    hostname: fill(profile.hostname, 'hostname'),
    realm: fill(profile.realm, 'realm'),
    variety: hash('variety').readUInt32BE(0),
  }
}

function fillTemplate(template: string, noise: Buffer, mac: string): string {
  let i = 0
  const next = () => noise[i++ % noise.length] ?? 0
  return template
    .replaceAll('{mac}', mac)
    .replace(/[#@]/g, (sign) => (sign === '#' ? String(next() % 10) : (next() % 16).toString(16).toUpperCase()))
}

/** RFC 9562 version 8: a UUID made by a rule of one's own. */
function formatUuid(hash: Buffer): string {
  const hex = hash.toString('hex')
  const variant = (8 + (Number.parseInt(hex[16] ?? '0', 16) % 4)).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
