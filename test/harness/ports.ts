import { createServer } from 'node:net'
import { listeningOn } from './sockets.ts'

/** Below what the system gives to outgoing connections, and no camera's port. */
const CLAIM_PORT = 9_754

/** Below the ports that the system gives to outgoing connections, any of which may take one the moment it is free. */
const [PORT_MIN, PORT_MAX] = [10_000, 32_000]

/** TCP ports that nobody listens on right now, and that nobody is given by chance. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN))
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/**
 * The first address of a loopback network of its own for simulated cameras, whose ports are their brands' and fixed:
 * test files run side by side, and so may whole test runs on one machine.
 */
export function freeNet(): string {
  for (;;) {
    const [a, b] = [100 + Math.floor(Math.random() * 100), Math.floor(Math.random() * 256)]
    if (listeningOn(`127.${a}.${b}.`) === 0) return `127.${a}.${b}.11`
  }
}

/**
 * The first two octets of 65,534 loopback addresses that no other trial has, neither of this process nor of another: they are
 * taken by listening on the last of them for as long as this process lives.
 */
export async function ownWideNet(): Promise<string> {
  for (;;) {
    const net = `127.${20 + Math.floor(Math.random() * 30)}`
    if ((await claim(`${net}.255.254`)) && listeningOn(`${net}.`) === 1) return net
  }
}

function claim(address: string): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(CLAIM_PORT, address, () => resolve(true)).unref()
  })
}
