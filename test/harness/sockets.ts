import { readFileSync } from 'node:fs'

const ESTABLISHED = '01'
const LISTENING = '0A'

interface Socket {
  readonly local: string
  readonly remote: string
  readonly state: string
}

/** The machine's TCP sockets over IPv4, as `address:port` pairs. */
function sockets(): Socket[] {
  const rows = readFileSync('/proc/net/tcp', 'latin1').trim().split('\n').slice(1)
  return rows.map((row) => {
    const [, local = '', remote = '', state = ''] = row.trim().split(/\s+/)
    return { local: readable(local), remote: readable(remote), state }
  })
}

/** The kernel writes addresses as little-endian hexadecimal. */
function readable(text: string): string {
  const [address = '', port = ''] = text.split(':')
  const bytes = Buffer.from(address, 'hex').reverse()
  return `${[...bytes].join('.')}:${Number.parseInt(port, 16)}`
}

/** How many connections to this place are open right now. */
export const openTo = (address: string, port: number): number =>
  sockets().filter(({ remote, state }) => remote === `${address}:${port}` && state === ESTABLISHED).length

export const isListening = (address: string, port: number): boolean =>
  sockets().some(({ local, state }) => local === `${address}:${port}` && state === LISTENING)

/** How many sockets listen on addresses that begin so. */
export const listeningOn = (prefix: string): number =>
  sockets().filter(({ local, state }) => local.startsWith(prefix) && state === LISTENING).length
