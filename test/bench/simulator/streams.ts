import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Effort, type Figure, figureOf, repeat } from '../figure.ts'
import type { Program } from '../program.ts'
import { camerasOf, type Listening, startPeer, startSimulator } from './start.ts'

const STREAMS = 200
const FRAMES_PER_SECOND = 15
const WARM_MS = 2000

/** What an H.264 main stream over the RTSP connection costs, beside a server that writes as many bytes as often. */
export async function streams({ runs, windowMs }: Effort): Promise<Figure[]> {
  const forMs = Math.min(windowMs, 8000)
  const pairs = await repeat(runs, async () => {
    const ours = await simulated(forMs)
    return { ours, theirs: await plain(ours.bytesPerSecond, forMs) }
  })
  const cpu = pairs.map(({ ours }) => ours.cpuShare)
  return [
    figureOf(
      {
        name: 'processor time of a main stream',
        unit: 'ms a second',
        peer: 'a Node server that writes as many bytes',
        better: 'lower',
      },
      cpu.map((share) => (share * 1000) / STREAMS),
      pairs.map(({ theirs }) => (theirs.cpuShare * 1000) / STREAMS),
    ),
    figureOf(
      { name: 'main streams that fill a core', unit: 'streams', peer: 'those of that server', better: 'higher' },
      cpu.map((share) => STREAMS / share),
      pairs.map(({ theirs }) => STREAMS / theirs.cpuShare),
    ),
    figureOf(
      { name: 'memory per stream', unit: 'KB', peer: 'a connection of that server', better: 'lower' },
      pairs.map(({ ours }) => ours.kilobytes),
      pairs.map(({ theirs }) => theirs.kilobytes),
    ),
  ]
}

interface Sent {
  /** Of one core. */
  readonly cpuShare: number
  /** Of one stream. */
  readonly bytesPerSecond: number
  readonly kilobytes: number
}

async function simulated(forMs: number): Promise<Sent> {
  await using simulator = await startSimulator(STREAMS, ['--profile', 'plain', '--fault', 'open-to-all'])
  return await watch(
    simulator,
    camerasOf(simulator).map((camera) => () => play(camera)),
    forMs,
  )
}

async function plain(bytesPerSecond: number, forMs: number): Promise<Sent> {
  const frameBytes = Math.round(bytesPerSecond / FRAMES_PER_SECOND)
  await using sender = await startPeer('plain-sender', [String(frameBytes), String(FRAMES_PER_SECOND)])
  const open = async () => {
    const socket = connect(Number(sender.ready), '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  return await watch(
    sender,
    Array.from({ length: STREAMS }, () => open),
    forMs,
  )
}

async function watch(program: Program, opens: readonly (() => Promise<Socket>)[], forMs: number): Promise<Sent> {
  const rssBefore = program.rssBytes
  const sockets = await Promise.all(opens.map((open) => open()))
  let bytes = 0
  for (const socket of sockets) {
    socket.on('data', (chunk) => {
      bytes += chunk.length
    })
    socket.on('error', () => socket.destroy())
  }
  await sleep(WARM_MS)
  const before = { cpuMs: program.cpuMs, bytes, atMs: performance.now() }
  await sleep(forMs)
  const elapsedMs = performance.now() - before.atMs
  const sent = {
    cpuShare: (program.cpuMs - before.cpuMs) / elapsedMs,
    bytesPerSecond: ((bytes - before.bytes) * 1000) / elapsedMs / sockets.length,
    kilobytes: (program.rssBytes - rssBefore) / 1024 / sockets.length,
  }
  for (const socket of sockets) socket.destroy()
  return sent
}

/** Sets the main stream's picture up over its own connection, and plays it. */
async function play({ address, rtspPort }: Listening): Promise<Socket> {
  const socket = connect(rtspPort, address)
  await once(socket, 'connect')
  const uri = `rtsp://${address}:${rtspPort}/stream/1`
  const ask = async (text: string) => {
    socket.write(`${text}\r\n\r\n`)
    const [answer] = await once(socket, 'data')
    if (!String(answer).startsWith('RTSP/1.0 200')) throw new Error(`The camera answered: ${answer}`)
    return String(answer)
  }
  const setUp = await ask(
    `SETUP ${uri}/trackID=1 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1`,
  )
  const session = /Session: (\d+)/.exec(setUp)?.[1] ?? ''
  await ask(`PLAY ${uri} RTSP/1.0\r\nCSeq: 2\r\nSession: ${session}`)
  return socket
}
