import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { LiveFragments, type LivePiece } from '../../../agent/media/live-fragments.ts'
import { liveHeader } from '../../../agent/protocol/live-message.ts'
import type { AccessUnit } from '../../../agent/rtsp/access-unit.ts'
import { ParameterSets } from '../../../agent/rtsp/parameter-sets.ts'
import type { LiveNews } from '../../../cloud-bridge/web/api.ts'
import { CODECS } from '../../../simulator/imaging/codec.ts'
import { seiOf } from '../../../simulator/imaging/mark.ts'
import { loadScenes } from '../../../simulator/imaging/scene.ts'
import { Showing } from '../../../simulator/imaging/showing.ts'

/** As the simulator's cameras do. */
const TICK_MS = 20
const LIVE: LiveNews = { state: 'live', reason: null, message: '', sealed: false }

/**
 * The same console and the same pictures, from a plain WebSocket: no camera, no box, nothing encrypted, booked or asked. All
 * but live view comes from the real bridge.
 */
export class PlainLive implements AsyncDisposable {
  readonly #server = createServer()
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  readonly #fragments = new LiveFragments()
  readonly #begun = new Set<WebSocket>()
  readonly #showing: Showing
  readonly #parameters: ParameterSets
  readonly #timer: NodeJS.Timeout
  #init: Buffer | undefined
  #next: number

  private constructor(bridgeUrl: string, showing: Showing) {
    this.#showing = showing
    this.#parameters = ParameterSets.from([...showing.video.parameterSets], 'h264')
    this.#next = showing.nextKeyframe(showing.frameNumberAt(Date.now()))
    this.#server.on('request', (incoming, outgoing) => {
      const { method, url = '/', headers } = incoming
      const onward = forward(new URL(url, bridgeUrl), { method, headers, agent: false })
      onward.on('response', (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        pipeline(answer, outgoing, () => {})
      })
      onward.on('error', () => outgoing.destroy())
      pipeline(incoming, onward, () => {})
    })
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (viewer) => viewer.send(JSON.stringify(LIVE)))
    })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  static async start(bridgeUrl: string): Promise<PlainLive> {
    const scene = (await loadScenes())[0]
    if (!scene) throw new Error('There is no scene')
    const plain = new PlainLive(bridgeUrl, new Showing(scene, 0))
    await new Promise<void>((resolve) => plain.#server.listen(0, '127.0.0.1', resolve))
    return plain
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #tick(): void {
    const due = this.#showing.frameNumberAt(Date.now())
    for (; this.#next <= due; this.#next += 1)
      for (const piece of this.#fragments.take(this.#unit(this.#next))) this.#send(piece)
  }

  #send({ type, parts }: LivePiece): void {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0)
    const message = Buffer.concat([liveHeader({ type, number: 0, bytes }), ...parts])
    if (type === 'init') this.#init = message
    for (const socket of this.#sockets.clients) {
      if (type === 'key' && this.#init && !this.#begun.has(socket)) {
        this.#begun.add(socket)
        socket.send(this.#init)
      }
      if (type !== 'init' && this.#begun.has(socket)) socket.send(message)
    }
  }

  #unit(frame: number): AccessUnit {
    const showing = this.#showing
    const { nalUnits, isKeyframe: keyframe } = showing.accessUnit(frame)
    const { isSlice } = CODECS.h264
    const pictures = nalUnits.filter((unit) => isSlice(unit))
    const data = Buffer.concat(
      [seiOf(showing.markOf(frame, 0), 'h264'), ...pictures].flatMap((unit) => [lengthOf(unit), unit]),
    )
    const ticks = Math.round((frame * 90_000) / showing.video.framesPerSecond)
    return { data, keyframe, ticks, arrivedAtMs: 0, parameters: this.#parameters }
  }
}

function lengthOf(unit: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(unit.length)
  return length
}
