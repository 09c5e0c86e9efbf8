// The bed that live view is tested on at the bridge: pages that watch, and boxes made by hand. No tests of its own.
import type { TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { newId } from '../../agent/base/ids.ts'
import { DEVICE_PATHS } from '../../agent/protocol/claim.ts'
import { LiveSealer } from '../../agent/protocol/live-envelope.ts'
import { LIVE_HEADER_BYTES, readLiveHeader } from '../../agent/protocol/live-message.ts'
import { API, type LiveNews } from '../web/api.ts'
import {
  type Box,
  type Browser,
  claimBox,
  grantOf,
  type Line,
  newFolder,
  setUp,
  start,
  until as untilSoon,
} from './bed.test.ts'

/** A busy machine may take its time. */
export const until = <T>(what: string, find: () => T | Promise<T>) => untilSoon(what, find, 25_000)

/** A bridge with an owner who allows live view of a camera, and its box, that is connected. */
export async function bed(t: TestContext) {
  const folder = newFolder()
  const bridge = await start(t, folder)
  const owner = await setUp(bridge)
  const box = await claimBox(bridge, owner)
  const line = await box.connect(t)
  await line.subscribe()
  await line.publish('status', box.status(true))
  await line.tellCamera()
  await line.acked(1)
  const { httpUrl } = bridge
  const watch = (by: Browser = owner, quality = 'one') => new Watching(t, httpUrl, box.camera, by.cookie, quality)
  const allow = (kinds: string[]) => owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds })
  return { bridge, folder, owner, box, line, watch, allow }
}

/** A page that watches. */
export class Watching {
  readonly news: LiveNews[] = []
  readonly messages: Buffer[] = []
  status = 0
  closed = false
  readonly socket: WebSocket

  constructor(t: TestContext, httpUrl: string, camera: string, cookie: string, quality: string) {
    const url = new URL(`${API}/cameras/${camera}/live?quality=${quality}`, httpUrl.replace('http', 'ws'))
    this.socket = new WebSocket(url, { headers: { cookie, origin: httpUrl } })
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.messages.push(data)
      else this.news.push(JSON.parse(data.toString()))
    })
    this.socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      this.status = statusCode
      request.destroy()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.closed = true
    })
    t.after(() => this.socket.terminate())
  }

  get last(): LiveNews | undefined {
    return this.news.at(-1)
  }

  get plain(): string[] {
    return this.messages.map((message) => `${readLiveHeader(message).type} ${message.subarray(LIVE_HEADER_BYTES)}`)
  }
}

type Order = { readonly session: string; readonly quality: string; readonly leaseMs: number }

export const orders = (line: Line): Order[] =>
  line.heard.flatMap(({ json }) => (json['name'] === 'live' ? [json['live'] as Order] : []))

export const order = (line: Line) => until('the box is asked', () => orders(line).find(({ leaseMs }) => leaseMs > 0))

/** The newest grant that the box was sent. */
export const granted = (line: Line) => {
  const grants = line.heard.flatMap(({ topic, json }) => (topic.endsWith('/grant') ? [grantOf(json)] : []))
  return grants.at(-1) ?? { serial: 0, recipients: [] }
}

/** The box's side, made by hand: says hello, then sends parts. */
export class BoxLine {
  readonly socket: WebSocket
  readonly texts: string[] = []
  closed = false
  status = 0
  readonly #box: Box

  constructor(t: TestContext, box: Box, session: string, token = box.claimed.token) {
    this.#box = box
    const url = new URL(`${DEVICE_PATHS.live}/${session}`, box.httpUrl.replace('http', 'ws'))
    this.socket = new WebSocket(url, { headers: { authorization: `Bearer ${box.agent}.${token}` } })
    this.socket.on('message', (data) => this.texts.push(String(data)))
    this.socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      this.status = statusCode
      request.destroy()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.closed = true
    })
    t.after(() => this.socket.terminate())
  }

  async open(): Promise<void> {
    await until('it is open', () => this.socket.readyState === WebSocket.OPEN)
  }

  hello(session: string, grantSerial: number, camera = this.#box.camera): void {
    this.socket.send(JSON.stringify({ type: 'hello', v: 1, session, camera, grantSerial }))
  }

  part(recipients: readonly string[], camera = this.#box.camera): LiveSealer {
    const facts = { camera, kind: 'live', contentType: 'video/mp4', takenAt: 1, durationMs: 0, reason: 'one' } as const
    const sealer = new LiveSealer({ item: newId(), ...facts }, recipients)
    this.socket.send(sealer.head)
    this.socket.send(sealer.seal('init', [Buffer.from('moov')]))
    return sealer
  }
}
