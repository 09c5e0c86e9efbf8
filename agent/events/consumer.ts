import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, isIPv6, type Socket } from 'node:net'
import { Channel } from '../base/channel.ts'
import { LenscapError } from '../base/errors.ts'
import { type Notification, notificationsIn } from '../onvif/notification.ts'
import { parseXml } from '../onvif/xml.ts'

/** No device's notification is larger; a larger one is cut off. */
const BODY_BYTES_MAX = 65_536

const CONNECTIONS_MAX = 64
const REQUEST_TIMEOUT_MS = 10_000
const POSTS_WAITING_MAX = 256

/** What a device posts to one address of ours. */
export interface Posting extends Disposable {
  readonly url: URL
  readonly posts: AsyncIterable<readonly Notification[]>
}

interface Expected {
  readonly from: string
  readonly posts: Channel<readonly Notification[]>
}

interface Door {
  readonly server: Server
  readonly opened: Promise<void>
}

/**
 * Hears what devices post: a listener on the address by which the box reaches the device, there only while a device needs
 * it. It talks to nobody but those devices, and each only reaches its own path, which nobody can guess.
 */
export class Consumer implements Disposable {
  readonly #port: number
  readonly #expected = new Map<string, Expected>()
  /** By the address that they listen on. */
  readonly #doors = new Map<string, Door>()

  /** @param port 0 for any that is free; a fixed one where a firewall has to let it through */
  constructor(port = 0) {
    this.#port = port
  }

  /** Expects a device's posts. Dispose of it when they are not wanted any more. @throws LenscapError `storage` where the port is taken */
  async expect(deviceAddress: string): Promise<Posting> {
    const own = await ownAddressTowards(deviceAddress)
    const path = `/${randomBytes(24).toString('base64url')}`
    const posts = new Channel<readonly Notification[]>(POSTS_WAITING_MAX)
    this.#expected.set(path, { from: deviceAddress, posts })
    const end = () => {
      posts.close()
      this.#expected.delete(path)
      if (this.#expected.size === 0) this[Symbol.dispose]()
    }
    try {
      const port = await this.#open(own)
      const host = isIPv6(own) ? `[${own}]` : own
      return { url: new URL(`http://${host}:${port}${path}`), posts, [Symbol.dispose]: end }
    } catch (error) {
      end()
      throw error
    }
  }

  /** Whether it listens anywhere now. */
  get isOpen(): boolean {
    return this.#doors.size > 0
  }

  [Symbol.dispose](): void {
    for (const { posts } of this.#expected.values()) posts.close()
    for (const { server } of this.#doors.values()) {
      server.close()
      server.closeAllConnections()
    }
    this.#expected.clear()
    this.#doors.clear()
  }

  async #open(own: string): Promise<number> {
    const door = this.#doors.get(own) ?? this.#door(own)
    this.#doors.set(own, door)
    try {
      await door.opened
    } catch (cause) {
      this.#doors.delete(own)
      const facts = { address: own, port: this.#port }
      throw new LenscapError('unsupported', 'Nothing can be posted to this box: its port is taken', facts, cause)
    }
    return (door.server.address() as AddressInfo).port
  }

  #door(own: string): Door {
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: 5_000, maxHeaderSize: 8_192 })
    server.maxConnections = CONNECTIONS_MAX
    server.maxRequestsPerSocket = 1_000
    server.on('connection', (socket) => {
      if (![...this.#expected.values()].some(({ from }) => from === remoteOf(socket))) socket.destroy()
    })
    server.on('request', (request, response) => {
      this.#take(request).then(
        (status) => answer(response, status),
        () => request.destroy(),
      )
    })
    server.unref()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject)
    server.listen(this.#port, own, resolve)
    return { server, opened: promise }
  }

  async #take(request: IncomingMessage): Promise<number> {
    const expected = this.#expected.get(request.url ?? '')
    if (expected?.from !== remoteOf(request.socket)) return 404
    if (request.method !== 'POST') return 405
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of request) {
      const data: unknown = chunk
      if (!Buffer.isBuffer(data)) return 400
      bytes += data.length
      if (bytes > BODY_BYTES_MAX) return 413
      chunks.push(data)
    }
    const notify = parseXml(Buffer.concat(chunks).toString('utf8')).one('Envelope', 'Body', 'Notify')
    if (!notify) return 400
    expected.posts.push(notificationsIn(notify))
    return 204
  }
}

function answer(response: ServerResponse, status: number): void {
  // What was not read to its end is not worth a connection.
  if (status >= 400) response.setHeader('Connection', 'close')
  response.writeHead(status).end()
}

const remoteOf = ({ remoteAddress = '' }: Socket) => remoteAddress.replace(/^::ffff:/i, '')

/** The address that the box has towards a device, by the system's routes. Nothing is sent. */
async function ownAddressTowards(address: string): Promise<string> {
  const socket = createSocket(isIPv6(address.replace(/%.*$/, '')) ? 'udp6' : 'udp4')
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  socket.once('error', reject)
  socket.connect(9, address, () => resolve(socket.address().address))
  try {
    return await promise
  } catch (cause) {
    throw new LenscapError('unreachable', 'There is no way to the device', { address }, cause)
  } finally {
    socket.close()
  }
}
