import { LenscapError } from '../base/errors.ts'

/** A /20: 4096 addresses. Larger ranges are almost always a typing error, and a scan of them takes a network down. */
const PREFIX_MIN = 20

/**
 * All addresses of an IPv4 range such as `192.168.1.0/24`; an address alone is itself.
 * @throws LenscapError `invalid` for what is no range, `limit` for one larger than a /20
 */
export function addressesOf(cidr: string): string[] {
  const [, address = '', prefixText = '32'] = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?$/.exec(cidr.trim()) ?? []
  const bytes = address.split('.').map(Number)
  const prefix = Number(prefixText)
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255) || prefix > 32) {
    throw new LenscapError('invalid', `"${cidr}" is no address range: write one like 192.168.1.0/24`, { cidr })
  }
  if (prefix < PREFIX_MIN) {
    throw new LenscapError('limit', `"${cidr}" is too large: ranges up to /${PREFIX_MIN} are searched`, { cidr })
  }
  const size = 2 ** (32 - prefix)
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  const first = number - (number % size)
  return Array.from({ length: size }, (_, i) => dotted(first + i))
}

const dotted = (number: number) => [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
