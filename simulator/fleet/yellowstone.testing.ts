import { RtspClient } from 'yellowstone'
import type { SimulatedCamera } from './index.ts'
import { PASSWORD } from './one-camera.testing.ts'

/** One RTP packet, with all its bytes. */
export interface WholePacket {
  readonly raw: Buffer
  readonly sequence: number
  readonly timestamp: number
  readonly marker: boolean
  readonly payloadType: number
  readonly ssrc: number
  /** What follows the fixed header. */
  readonly payload: Buffer
  /** During which step of the test's time it came. */
  readonly step: number
}

/** What yellowstone, a client that is not ours, made of a camera. */
export interface Seen {
  outcome: 'connecting' | 'playing' | Error
  /** What it takes the codec to be. */
  format: string
  /** The methods that it asked with. */
  readonly asked: string[]
  /** What it wrote, and what was written to it: answers, and the camera's own requests. */
  readonly requests: string[]
  readonly answers: string[]
  /** Such as `SETUP 461`: the methods that it gave up, with the status. */
  readonly refused: string[]
  readonly packets: WholePacket[]
  readonly reports: Buffer[]
  /** What its reader threw: a program of its own would have died of it. */
  readonly crashes: Error[]
  bytes: number
  ended: boolean
  /** The code of the connection's error. */
  error: string
  /** Steps of the test's time, how many since anything last came, and how much time they were. */
  steps: number
  quietSteps: number
  passedMs: number
}

/** yellowstone, with its throws caught and everything noted. */
class Watched extends RtspClient {
  readonly seen: Seen
  #isWatched = false

  constructor(seen: Seen) {
    super('admin', PASSWORD)
    this.seen = seen
    this.on('log', (text: string, way: string) => (way === 'S->C' ? seen.answers : seen.requests).push(text))
    this.on('data', (_channel, payload: Buffer) => seen.packets.push(parsePacket(wholeOf(payload), seen.steps)))
    this.on('controlData', (_channel, { payload }: { payload: Buffer }) => seen.reports.push(payload))
  }

  override _onData(data: Buffer): void {
    this.seen.bytes += data.length
    this.seen.quietSteps = 0
    try {
      super._onData(data)
    } catch (error) {
      this.seen.crashes.push(error instanceof Error ? error : new Error(String(error)))
    }
  }

  override async request(method: string, headers?: Record<string, unknown>, url?: string): Promise<unknown> {
    this.seen.asked.push(method)
    if (!this.#isWatched) {
      this.#isWatched = true
      this._client?.on('error', (error: NodeJS.ErrnoException) => {
        this.seen.error = error.code ?? error.message
      })
      this._client?.on('close', () => {
        this.seen.ended = true
      })
    }
    try {
      return await super.request(method, headers, url)
    } catch (error) {
      const status = /status code (\d+)/.exec(String(error))?.[1]
      if (status) this.seen.refused.push(`${method} ${status}`)
      throw error
    }
  }
}

/** yellowstone takes every header for 16 bytes, so that four bytes of payload are before what it gives out. */
function wholeOf(payload: Buffer): Buffer {
  return Buffer.from(Buffer.from(payload.buffer, payload.byteOffset - 16, payload.length + 16))
}

function parsePacket(raw: Buffer, step: number): WholePacket {
  const second = raw.readUInt8(1)
  return {
    raw,
    step,
    sequence: raw.readUInt16BE(2),
    timestamp: raw.readUInt32BE(4),
    marker: second >= 0x80,
    payloadType: second & 0x7f,
    ssrc: raw.readUInt32BE(8),
    payload: raw.subarray(12),
  }
}

/** A camera in a time that only the test moves on. */
export interface Stage {
  readonly camera: SimulatedCamera
  readonly time: { nowMs: number }
  /** Of the smaller stream, with sound. */
  readonly uri: string
}

interface Watching {
  /** By how much the camera's time goes on at each step. */
  readonly stepMs?: number
  readonly stepsMax?: number
  /** What it asks every few steps, once it plays. */
  readonly asks?: readonly string[]
}

/** Longer than the pacer's tick, so that each step is played. */
const STEP_REAL_MS = 22
const ASK_STEPS = 4

/** Lets yellowstone play until there is enough to see, or all steps are done. */
export async function watch(
  { camera, time, uri }: Stage,
  isEnough: (seen: Seen) => boolean,
  { stepMs = 500, stepsMax = 200, asks = ['OPTIONS', 'GET_PARAMETER'] }: Watching = {},
): Promise<Seen> {
  const seen = nothingSeen()
  const client = new Watched(seen)
  void client
    .connect(uri)
    .then(({ format }) => {
      seen.format = format
      return client.play()
    })
    .then(() => {
      seen.outcome = 'playing'
    })
    .catch((error: unknown) => {
      seen.outcome = error instanceof Error ? error : new Error(String(error))
    })
  while (seen.steps < stepsMax && !isEnough(seen)) {
    await new Promise((resolve) => setTimeout(resolve, STEP_REAL_MS))
    seen.steps++
    seen.quietSteps++
    time.nowMs += stepMs
    seen.passedMs += stepMs
    if (seen.outcome !== 'playing' || seen.ended || seen.steps % ASK_STEPS !== 0) continue
    const method = asks[(seen.steps / ASK_STEPS) % asks.length]
    if (method) void client.request(method, { Session: client._session }).catch(() => {})
  }
  client._client?.destroy()
  await camera.settled()
  return seen
}

function nothingSeen(): Seen {
  return {
    ...{ outcome: 'connecting', format: '', asked: [], requests: [], answers: [], refused: [], packets: [] },
    ...{ reports: [], crashes: [], bytes: 0, ended: false, error: '', steps: 0, quietSteps: 0, passedMs: 0 },
  }
}
