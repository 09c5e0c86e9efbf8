import { createSocket, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'

/** WS-Discovery's group (WS-Discovery 2005/04, 2.4). */
const GROUP = '239.255.255.250'

/** Addresses asked at once during a unicast scan: their answers, two each, fit Linux's usual buffer for a socket (208 KB). */
const BURST = 32

/** Answers wait there while devices are read. The kernel gives what it allows. */
const RECEIVE_BYTES = 4_194_304

export type OnDatagram = (datagram: Buffer, from: string) => void

/** A socket that hears answers. Errors end it quietly: an interface that went away must not end a pass. */
async function boundSocket(address: string, port: number, onDatagram: OnDatagram): Promise<Socket | undefined> {
  const socket = createSocket({ type: 'udp4', reuseAddr: port !== 0 })
  socket.on('message', (datagram, { address: from }) => onDatagram(datagram, from))
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>()
  socket.on('error', () => {
    resolve(undefined)
    close(socket)
  })
  socket.bind({ address, port, exclusive: port === 0 }, () => resolve(socket))
  return await promise
}

/** A socket per IPv4 interface, each sending multicast by its own: the default route alone misses other segments. */
export async function multicastSockets(only: readonly string[] | undefined, onDatagram: OnDatagram): Promise<Socket[]> {
  const addresses = interfaceAddresses(only)
  const sockets = await Promise.all(addresses.map((address) => boundSocket(address, 0, onDatagram)))
  return sockets.flatMap((socket, i) => {
    if (!socket) return []
    try {
      socket.setMulticastInterface(addresses[i] ?? '')
      return [roomy(socket)]
    } catch {
      close(socket)
      return []
    }
  })
}

function roomy(socket: Socket): Socket {
  try {
    socket.setRecvBufferSize(RECEIVE_BYTES)
  } catch {
    // It hears with what it has.
  }
  return socket
}

/** Closes a socket that an error may have closed already. */
export function close(socket: Socket): void {
  try {
    socket.close()
  } catch {
    // It was.
  }
}

/**
 * Hears devices announce themselves. Bound to the group, not to the port alone: the box may answer WS-Discovery itself, and
 * must go on getting its own datagrams.
 */
export async function helloSocket(port: number, onDatagram: OnDatagram, group = GROUP): Promise<Socket[]> {
  const socket = await boundSocket(group, port, onDatagram)
  if (!socket) return []
  for (const address of interfaceAddresses(undefined)) {
    try {
      socket.addMembership(group, address)
    } catch {
      // An interface without multicast has nothing to say here.
    }
  }
  return [socket]
}

export async function unicastSocket(onDatagram: OnDatagram): Promise<Socket[]> {
  const socket = await boundSocket('0.0.0.0', 0, onDatagram)
  return socket ? [roomy(socket)] : []
}

export async function sendToGroup(
  sockets: readonly Socket[],
  messages: readonly Buffer[],
  port: number,
): Promise<void> {
  await Promise.all(sockets.flatMap((socket) => messages.map((message) => send(socket, message, port, GROUP))))
}

/** Sends to every address, some at a time with a rest after each; who can't be reached is simply not heard. */
export async function sendToEach(
  socket: Socket,
  messages: readonly Buffer[],
  port: number,
  addresses: readonly string[],
  rest: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (let i = 0; i < addresses.length && !signal.aborted; i += BURST) {
    const some = addresses.slice(i, i + BURST)
    await Promise.all(some.flatMap((address) => messages.map((message) => send(socket, message, port, address))))
    await rest()
  }
}

function send(socket: Socket, message: Buffer, port: number, address: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  try {
    socket.send(message, port, address, () => resolve())
  } catch {
    resolve() // closed meanwhile
  }
  return promise
}

function interfaceAddresses(only: readonly string[] | undefined): string[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => only === undefined || only.includes(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => address)
}
