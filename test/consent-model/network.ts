import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { JPEG } from '../../agent/media/testing.ts'
import { CAMERAS, type Camera, KINDS, type Kind, type Scope } from './model.ts'

/** What the box is about to put on the wire, at the moment at which it does. */
export interface Step {
  readonly scope: Scope
  /** Undefined towards a camera. */
  readonly item: string | undefined
  readonly bytes: number
}

/** A bridge that may be away or slow, cameras, and an ear at every socket that this process opens. */
export class Network implements AsyncDisposable {
  /** Away: connections are cut, and new ones at once. */
  isUp = true
  /** Takes nothing in, so that transfers hang in their middle. */
  isSlow = false
  readonly arrived = new Map<string, { readonly scope: Scope; readonly bytes: number }>()
  onStep: (step: Step) => void = () => {}
  readonly #uploads = new Map<
    string,
    { readonly length: number; offset: number; taking?: IncomingMessage | undefined }
  >()
  readonly #sockets = new Set<Socket>()
  readonly #hanging = new Set<IncomingMessage>()
  readonly #bridge = createServer((request, response) => this.#serveBridge(request, response))
  readonly #camera = createServer((_, response) => response.end(JPEG))
  readonly #ports = { bridge: 0, camera: 0 }

  static async start(): Promise<Network> {
    const network = new Network()
    for (const server of [network.#bridge, network.#camera]) {
      server.on('connection', (socket) => {
        network.#sockets.add(socket.on('close', () => network.#sockets.delete(socket)))
        if (server === network.#bridge && !network.isUp) socket.destroy()
      })
      await once(server.listen(0, '127.0.0.1'), 'listening')
    }
    network.#ports.bridge = (network.#bridge.address() as AddressInfo).port
    network.#ports.camera = (network.#camera.address() as AddressInfo).port
    subscribe('net.client.socket', network.#listenIn)
    return network
  }

  get bridgeUrl(): string {
    return `http://127.0.0.1:${this.#ports.bridge}`
  }

  pictureOf = (camera: Camera): URL => new URL(`http://127.0.0.1:${this.#ports.camera}/${camera}`)

  /** As at the beginning of the world; what is still open is cut. */
  reset(): void {
    this.set({ isUp: true, isSlow: false })
    this.cut()
    this.#uploads.clear()
    this.arrived.clear()
  }

  set({ isUp = this.isUp, isSlow = this.isSlow }: { isUp?: boolean; isSlow?: boolean }): void {
    if (this.isUp && !isUp) for (const socket of this.#sockets) socket.destroy()
    this.isUp = isUp
    this.isSlow = isSlow
    if (isSlow) return
    for (const request of this.#hanging) request.resume()
    this.#hanging.clear()
  }

  /** The bridge dies and comes back; restored from yesterday's copy, it knows nothing of what had begun. */
  restartBridge(forgets: boolean): void {
    this.cut()
    if (forgets) this.#uploads.clear()
  }

  /** Every connection ends, on both sides. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#hanging.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    unsubscribe('net.client.socket', this.#listenIn)
    for (const server of [this.#bridge, this.#camera]) {
      server.closeAllConnections()
      server.close()
    }
  }

  /** Listens at the place at which the box hands bytes to the system: from there they can't be taken back. */
  readonly #listenIn = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('socket' in message)) return
    const { socket } = message
    if (!isWire(socket)) return
    let about: Omit<Step, 'bytes'> | undefined
    const hand = socket._writeGeneric.bind(socket)
    socket._writeGeneric = (isList, data, ...rest) => {
      // While it connects nothing leaves: it is asked again when it has.
      if (!socket.connecting) {
        const bytes = isList
          ? Buffer.concat((data as Chunk[]).map(bytesOf))
          : bytesOf({ chunk: data, encoding: rest[0] })
        const head = /^(?:POST|HEAD|PATCH|GET) [\s\S]*?\r\n\r\n/.exec(bytes.toString('latin1'))?.[0]
        if (head !== undefined) about = subject(head)
        if (about) this.onStep({ ...about, bytes: bytes.length - (head?.length ?? 0) })
      }
      return hand(isList, data, ...rest)
    }
  }

  /** tus 1.0.0, no more of it than is needed. An upload's name tells what it is. */
  #arrive(name: string, { offset, length }: { readonly offset: number; readonly length: number }): void {
    const { scope, item } = scopeIn(name)
    if (offset >= length) this.arrived.set(item, { scope, bytes: length })
  }

  #serveBridge(request: IncomingMessage, response: ServerResponse): void {
    const tus = { 'tus-resumable': '1.0.0' }
    const name = request.url?.split('/').at(-1) ?? ''
    const upload = this.#uploads.get(name)
    // As the real one does: who comes anew has lost its former connection, and nothing more is taken from that.
    upload?.taking?.destroy()
    if (upload) upload.taking = request
    if (request.method === 'POST') {
      const length = Number(request.headers['upload-length'])
      const about = metadataOf(String(request.headers['upload-metadata']))
      const made = `${about.scope}.${about.item}`
      this.#uploads.set(made, { length, offset: 0 })
      response.writeHead(201, { ...tus, location: `/device/v1/uploads/${made}` }).end()
    } else if (!upload) response.writeHead(404, tus).end()
    else if (request.method === 'HEAD') {
      // As the real one does: all bytes came, but the answer did not go.
      this.#arrive(name, upload)
      response.writeHead(200, { ...tus, 'upload-offset': upload.offset, 'upload-length': upload.length }).end()
    } else {
      request.on('data', (data: Buffer) => {
        if (upload.taking !== request) return
        upload.offset += data.length
        if (!this.isSlow) return
        request.pause()
        this.#hanging.add(request)
      })
      request.on('end', () => {
        // What a former world had under way is not this one's.
        if (this.#uploads.get(name) === upload) this.#arrive(name, upload)
        response.writeHead(204, { ...tus, 'upload-offset': upload.offset }).end()
      })
      request.on('error', () => {})
    }
  }
}

interface Chunk {
  readonly chunk: unknown
  readonly encoding: unknown
}

/** A socket, with the one place in Node through which all that is written passes. */
interface Wire {
  readonly connecting: boolean
  _writeGeneric(isList: boolean, data: unknown, ...rest: unknown[]): unknown
}

const isWire = (socket: unknown): socket is Wire =>
  socket instanceof Socket && '_writeGeneric' in socket && typeof socket._writeGeneric === 'function'

const bytesOf = ({ chunk, encoding }: Chunk): Buffer =>
  typeof chunk === 'string'
    ? Buffer.from(chunk, encoding === 'latin1' ? 'latin1' : 'utf8')
    : Buffer.from(chunk as Buffer)

/** What a request is about, by its head. */
function subject(head: string): Omit<Step, 'bytes'> | undefined {
  const [, method, path = ''] = /^(\w+) (\S+)/.exec(head) ?? []
  if (method === 'GET') {
    const camera = CAMERAS.find((each) => path.includes(each))
    return camera && { scope: `${camera}.snapshot`, item: undefined }
  }
  if (method !== 'POST') return scopeIn(path.split('/').at(-1) ?? '')
  return metadataOf(/\r\nupload-metadata: (.*)\r\n/i.exec(head)?.[1] ?? '')
}

function metadataOf(header: string): { scope: Scope; item: string } {
  const pairs = header.split(',').map((pair) => pair.trim().split(' '))
  const values = new Map(pairs.map(([name = '', value = '']) => [name, Buffer.from(value, 'base64').toString()]))
  return scopeIn(`${values.get('camera')}.${values.get('kind')}.${values.get('item')}`)
}

function scopeIn(name: string): { scope: Scope; item: string } {
  const [camera, kind, item = ''] = name.split('.')
  const known = { camera: CAMERAS.find((each) => each === camera), kind: KINDS.find((each) => each === kind) }
  if (!known.camera || !known.kind) throw new Error(`The box asks for what nobody offered: ${name}`)
  return { scope: `${known.camera satisfies Camera}.${known.kind satisfies Kind}`, item }
}
