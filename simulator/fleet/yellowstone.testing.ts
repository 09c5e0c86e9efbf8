import type { RtspClient } from 'yellowstone'
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
  /** How many of them were not answered yet. */
  unanswered: number
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

/** Has all noted that a client does, and its throws caught. */
function observe(client: RtspClient, seen: Seen): void {
  const [read, close] = [client._onData.bind(client), client.close.bind(client)]
  client.on('log', (text: string, way: string) => (way === 'S->C' ? seen.answers : seen.requests).push(text))
  client.on('data', (_channel, payload: Buffer) => seen.packets.push(parsePacket(wholeOf(payload), seen.steps)))
  client.on('controlData', (_channel, { payload }: { payload: Buffer }) => seen.reports.push(payload))
  client._onData = (data) => {
    seen.bytes += data.length
    seen.quietSteps = 0
    try {
      read(data)
    } catch (error) {
      seen.crashes.push(error instanceof Error ? error : new Error(String(error)))
    }
  }
  // It calls this itself when the connection closes, and throws where it never was connected.
  client.close = async (isImmediate) => await close(isImmediate).catch(() => {})
  observeRequests(client, seen)
}

function observeRequests(client: RtspClient, seen: Seen): void {
  const ask = client.request.bind(client)
  client.request = async (method, headers, url) => {
    if (seen.asked.length === 0) observeSocket(client, seen)
    seen.asked.push(method)
    seen.unanswered++
    try {
      return await ask(method, headers, url)
    } catch (error) {
      const status = /status code (\d+)/.exec(String(error))?.[1]
      if (status) seen.refused.push(`${method} ${status}`)
      throw error
    } finally {
      seen.unanswered--
    }
  }
}

function observeSocket(client: RtspClient, seen: Seen): void {
  client._client?.on('error', (error: NodeJS.ErrnoException) => {
    seen.error = error.code ?? error.message
  })
  client._client?.on('close', () => {
    seen.ended = true
  })
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
  /** yellowstone's. */
  readonly Client: typeof RtspClient
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
/** It waits for ever for some answers. */
const WAIT_STEPS_MAX = 5

/** Lets yellowstone play until there is enough to see, or all steps are done. */
export async function watch(
  { Client, time, uri }: Stage,
  isEnough: (seen: Seen) => boolean,
  { stepMs = 500, stepsMax = 200, asks = ['OPTIONS', 'GET_PARAMETER'] }: Watching = {},
): Promise<Seen> {
  const seen = nothingSeen()
  const client = new Client('admin', PASSWORD)
  observe(client, seen)
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
  const waited = { steps: 0 }
  while (seen.steps < stepsMax && !isEnough(seen)) {
    await new Promise((resolve) => setTimeout(resolve, STEP_REAL_MS))
    seen.steps++
    seen.quietSteps++
    // yellowstone loses frames that come together with an answer: none are due while it waits for one.
    if (seen.unanswered > 0 && ++waited.steps < WAIT_STEPS_MAX) continue
    const method = asks[(seen.steps / ASK_STEPS) % asks.length]
    if (method && seen.outcome === 'playing' && !seen.ended) {
      waited.steps = 0
      void client.request(method, { Session: client._session }).catch(() => {})
      continue
    }
    time.nowMs += stepMs
    seen.passedMs += stepMs
  }
  // What its end looks like was done by the test.
  const result = { ...seen }
  client._client?.destroy()
  return result
}

function nothingSeen(): Seen {
  return {
    ...{ outcome: 'connecting', format: '', asked: [], requests: [], answers: [], refused: [], packets: [] },
    ...{
      reports: [],
      crashes: [],
      bytes: 0,
      ended: false,
      error: '',
      steps: 0,
      quietSteps: 0,
      passedMs: 0,
      unanswered: 0,
    },
  }
}
