import { createServer, type Server } from 'node:net'

/** Below what the system gives to outgoing connections, and no camera's port. */
const CLAIM_PORT = 9_753
const NETS_TRIED_MAX = 200

/**
 * A loopback network of 200 addresses that no other process has, however many test runs there are on this machine: it is
 * taken by listening on its last address for as long as this process lives. Gives the address of each number from 1.
 */
export async function ownNet(): Promise<(host: number) => string> {
  for (let i = 0; i < NETS_TRIED_MAX; i++) {
    const net = `127.${200 + Math.floor(Math.random() * 50)}.${Math.floor(Math.random() * 256)}`
    if (await claim(`${net}.254`)) return (host) => `${net}.${host}`
  }
  throw new Error('No loopback network is free')
}

async function claim(address: string): Promise<boolean> {
  const server: Server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(CLAIM_PORT, address, () => resolve(true)).unref()
  })
}
