import { readFile } from 'node:fs/promises'
import { normalisedMac } from '../onvif/replies.ts'

/** The MAC behind an address of this network; empty where the box has no way to know. */
export type MacOf = (address: string) => Promise<string>

const INCOMPLETE = '00:00:00:00:00:00'

/** The kernel's own table, which no device can write to without answering for that address (Linux, IPv4). */
export const macFromKernel: MacOf = async (address) => {
  try {
    return macIn(await readFile('/proc/net/arp', 'utf8'), address)
  } catch {
    return ''
  }
}

/** Reads the table's text: address, type, flags, MAC, mask, interface. */
export function macIn(table: string, address: string): string {
  const line = table.split('\n').find((each) => each.startsWith(`${address} `))
  const mac = normalisedMac(line?.trim().split(/\s+/)[3] ?? '')
  return mac === INCOMPLETE ? '' : mac
}
