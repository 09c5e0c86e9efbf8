import { setTimeout as sleep } from 'node:timers/promises'
import { type Effort, type Figure, figureOf, repeat } from '../figure.ts'
import { HttpLine } from '../http-line.ts'
import type { Program } from '../program.ts'
import { checked, signed } from './soap.ts'
import { camerasOf, type Listening, startPeer, startSimulator } from './start.ts'

const CAMERAS = 1000
const TEV = 'http://www.onvif.org/ver10/events/wsdl'
const CREATE = `<CreatePullPointSubscription xmlns="${TEV}"><InitialTerminationTime>PT10M</InitialTerminationTime></CreatePullPointSubscription>`
const PULL = `<PullMessages xmlns="${TEV}"><Timeout>PT60S</Timeout><MessageLimit>100</MessageLimit></PullMessages>`
const QUIET_ARGS = ['--profile', 'plain'] as const
/** Every camera begins and ends a motion about every two seconds. */
const BUSY_ARGS = [...QUIET_ARGS, '--event-interval', '2000'] as const

/** What a client costs that waits for a camera's events, and what an event costs that reaches one. */
export async function pullPoints({ runs, windowMs }: Effort): Promise<Figure[]> {
  const quiet = await repeat(runs, () => held(windowMs))
  const busy = await repeat(runs, () => fanOut(Math.min(windowMs, 5000)))
  const peer = 'a held request of a bare HTTP server'
  return [
    figureOf(
      { name: 'memory per waiting pull point', unit: 'KB', peer, better: 'lower' },
      quiet.map(({ ours }) => ours.kilobytes),
      quiet.map(({ theirs }) => theirs.kilobytes),
    ),
    figureOf(
      {
        name: 'processor time of 1,000 waiting pull points',
        unit: `ms in ${windowMs / 1000} s`,
        peer: 'one core',
        better: 'lower',
      },
      quiet.map(({ ours }) => ours.cpuMs),
      [windowMs],
    ),
    figureOf(
      {
        name: 'processor time of a delivered pull',
        unit: 'µs',
        peer: 'the same bytes from a Node server',
        better: 'lower',
      },
      busy.map(({ ours }) => ours),
      busy.map(({ theirs }) => theirs),
    ),
  ]
}

interface Held {
  readonly kilobytes: number
  readonly cpuMs: number
}

async function held(windowMs: number) {
  await using simulator = await startSimulator(CAMERAS, QUIET_ARGS)
  await using bare = await startPeer('bare-servers', [String(CAMERAS)])
  const points = async (camera: Listening) => {
    const waiting = await subscribe(camera)
    // The first pull brings the present state, the second waits.
    checked(await waiting.line.post(waiting.path, signed(PULL)))
    void waiting.line.post(waiting.path, signed(PULL))
    return waiting.line
  }
  const requests = async ({ httpPort, address }: Listening) => {
    const line = await HttpLine.open(httpPort, address)
    void line.post('/held', '')
    return line
  }
  const cameras = camerasOf(simulator)
  const bareOnes = cameras.map(({ address }) => ({
    address: address.replace('127.80.', '127.81.'),
    httpPort: 18_080,
    rtspPort: 0,
  }))
  return {
    ours: await cost(simulator, cameras, points, windowMs),
    theirs: await cost(bare, bareOnes, requests, Math.min(windowMs, 1000)),
  }
}

const DATE = '<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>'

/** Asks every server something first, so that what a first answer costs, and the room that V8 takes for garbage, aren't counted. */
async function warm(servers: readonly Listening[]): Promise<void> {
  for (const { httpPort, address } of servers) {
    using line = await HttpLine.open(httpPort, address)
    for (let i = 0; i < 3; i++) await line.post('/onvif/device_service', signed(DATE))
  }
}

async function cost(
  program: Program,
  cameras: readonly Listening[],
  open: (camera: Listening) => Promise<HttpLine>,
  windowMs: number,
): Promise<Held> {
  await warm(cameras)
  await sleep(500)
  const rssBefore = program.rssBytes
  const lines: HttpLine[] = []
  for (const camera of cameras) lines.push(await open(camera))
  await sleep(1000)
  const cpuBefore = program.cpuMs
  await sleep(windowMs)
  const cpuMs = program.cpuMs - cpuBefore
  const kilobytes = (program.rssBytes - rssBefore) / 1024 / cameras.length
  for (const line of lines) line[Symbol.dispose]()
  return { kilobytes, cpuMs }
}

async function subscribe(camera: Listening) {
  const line = await HttpLine.open(camera.httpPort, camera.address)
  const created = checked(await line.post('/onvif/event_service', signed(CREATE)))
  const path = /:\d+(\/onvif\/subscription[^<]*)</.exec(created)?.[1] ?? ''
  return { line, path }
}

/** Processor time of one answered pull, and of the same answer from a server that knows nothing. */
async function fanOut(forMs: number): Promise<{ ours: number; theirs: number }> {
  await using simulator = await startSimulator(CAMERAS, BUSY_ARGS)
  const cameras = camerasOf(simulator)
  const waiting = await Promise.all(cameras.map(subscribe))
  const tally = { pulls: 0, bytes: 0, isOver: false }
  const pullers = waiting.map(async ({ line, path }) => {
    while (!tally.isOver) {
      const answer = await line.post(path, signed(PULL))
      if (answer === undefined) return
      tally.pulls++
      tally.bytes += checked(answer).length
    }
  })
  await sleep(1500)
  const before = { ...tally, cpuMs: simulator.cpuMs }
  await sleep(forMs)
  tally.isOver = true
  const pulls = tally.pulls - before.pulls
  const ours = ((simulator.cpuMs - before.cpuMs) * 1000) / pulls
  for (const { line } of waiting) line[Symbol.dispose]()
  await Promise.all(pullers)
  return { ours, theirs: await plainAnswer(Math.round((tally.bytes - before.bytes) / pulls), pulls / forMs, forMs) }
}

/** As many answers of that size, as often, over as many connections. */
async function plainAnswer(bytes: number, perMs: number, forMs: number): Promise<number> {
  await using plain = await startPeer('plain-answers', [String(bytes)])
  const lines = await Promise.all(
    Array.from({ length: CAMERAS }, () => HttpLine.open(Number(plain.ready), '127.0.0.1')),
  )
  const begun = performance.now()
  const cpuBefore = plain.cpuMs
  let asked = 0
  const answers: Promise<unknown>[] = []
  while (performance.now() - begun < forMs) {
    for (; asked < (performance.now() - begun) * perMs; asked++) {
      const line = lines[asked % lines.length]
      if (line) answers.push(line.post('/', signed(PULL)))
    }
    await sleep(5)
  }
  await Promise.all(answers)
  const each = ((plain.cpuMs - cpuBefore) * 1000) / asked
  for (const line of lines) line[Symbol.dispose]()
  return each
}
