import { BlockList, isIP } from 'node:net'
import { LenscapError } from '../base/errors.ts'

/** Whether an address lies inside what the installer allowed. */
export type Fence = (address: string) => boolean

/**
 * A fence from ranges such as `192.168.7.0/24` or `fd00:7::/64`; without any, everything is inside. Cameras of a neighbour
 * on the same network, or of another simulator on the same machine, stay outside: they are heard, but never contacted.
 * @throws LenscapError `invalid` for what is no range
 */
export function fenceOf(ranges: readonly string[]): Fence {
  if (ranges.length === 0) return () => true
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const version = isIP(address)
    const bits = version === 6 ? 128 : 32
    const length = prefix === undefined ? bits : Number(prefix)
    if (version === 0 || !Number.isInteger(length) || length < 0 || length > bits) {
      throw new LenscapError('invalid', `"${range}" is no address range: write one like 192.168.7.0/24`, { range })
    }
    list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4')
  }
  return (address) => {
    const [plain = ''] = address.split('%')
    return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
  }
}
