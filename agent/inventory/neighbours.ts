import { readFileSync } from 'node:fs'
import { normalisedMac } from '../onvif/replies.ts'

/** The MAC behind an address of this network; empty where the box has no way to know. */
export type MacOf = (address: string) => Promise<string>

const INCOMPLETE = '00:00:00:00:00:00'

/**
 * The kernel's own table, which no device can write to without answering for that address (Linux, IPv4). Read at once: it
 * is no file on a disk, and handing it to another thread takes ten times as long.
 */
export const macFromKernel: MacOf = async (address) => {
  try {
    return macIn(readFileSync('/proc/net/arp', 'utf8'), address)
  } catch {
    return ''
  }
}

/** Reads the table's text: address, type, flags, MAC, mask, interface. */
export function macIn(table: string, address: string): string {
  const start = table.indexOf(`\n${address} `)
  if (start < 0) return ''
  const [line = ''] = table.slice(start + 1, start + 257).split('\n')
  const mac = normalisedMac(line.trim().split(/\s+/)[3] ?? '')
  return mac === INCOMPLETE ? '' : mac
}
