import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { boxWithLeave } from '../backlog/box.ts'
import { fill } from '../backlog/outgoing.ts'
import type { Box } from '../harness/box.ts'
import { House } from '../harness/house.ts'
import { openTo } from '../harness/sockets.ts'
import { until } from '../harness/until.ts'
import { ListeningProxy } from './listening-proxy.ts'

/** How permission is taken away: a click in the console, or a file that a button's hook makes on the box. */
export const WAYS = ['the owner', 'the cap'] as const
type Way = (typeof WAYS)[number]

const ENDS = {
  lastByte: 'the last byte had left the box',
  erased: 'nothing waited on its disk',
  closed: 'the stream of its camera was closed',
  partGone: 'the bridge had erased its part',
} as const
type End = keyof typeof ENDS

export interface RevocationFigure {
  readonly way: Way
  readonly until: string
  readonly medianMs: number
  readonly msMax: number
}

const MB = 1024 * 1024
const CLIPS = [8 * MB, 8 * MB, 8 * MB, 8 * MB]
/** Ten megabytes a second, so that a transfer is under way when permission ends, and no buffer of the system holds it. */
const RATE_KBPS = 80_000
const DEADLINE_MS = 10_000
/** What does not follow can't be awaited. */
const LISTEN_MS = 200

/** Real programs: a box that sends and records, and permission that is taken away in mid-transfer, again and again. */
export async function measureRevocations(times: number, onDone: (done: number) => void) {
  await using house = await House.build({ signal: new AbortController().signal, profiles: ['plain'] })
  const { box, camera } = await boxWithLeave(house)
  await using proxy = await ListeningProxy.start(house.ports.http)
  leadThrough(box, proxy.port)
  const taken = new Map<string, number[]>()
  const lost: string[] = []
  for (let n = 0; n < times * WAYS.length; n += 1) {
    const way = WAYS[n % WAYS.length] ?? 'the owner'
    const spent = await one(house, box, camera, proxy, way)
    for (const [end, ms] of Object.entries(spent)) {
      taken.set(`${way} ${end}`, [...(taken.get(`${way} ${end}`) ?? []), ms])
      if (ms > DEADLINE_MS) lost.push(`${way} ${end}`)
    }
    onDone(n + 1)
  }
  const figures = WAYS.flatMap((way) =>
    Object.entries(ENDS).flatMap(([end, words]): RevocationFigure[] => {
      const ms = (taken.get(`${way} ${end}`) ?? []).toSorted((a, b) => a - b)
      const [middle, longest] = [ms[Math.floor(ms.length / 2)], ms.at(-1)]
      if (middle === undefined || longest === undefined) return []
      return [{ way, until: words, medianMs: Math.round(middle), msMax: Math.round(longest) }]
    }),
  )
  return { figures, lost: lost.length }
}

/** The box sends its media through here from its next start on, so fast and no faster. */
function leadThrough(box: Box, port: number): void {
  const path = join(box.stateDir, 'identity.json')
  const identity = JSON.parse(readFileSync(path, 'utf8'))
  const claimed = { ...identity.claimed, bridgeUrl: `http://127.0.0.1:${port}` }
  writeFileSync(path, JSON.stringify({ ...identity, claimed }))
  writeFileSync(box.config, `${readFileSync(box.config, 'utf8')}upload:\n  rateKbps: ${RATE_KBPS}\n`)
}

/** How long everything took to end, in ms. The box stands still before and after. */
async function one(house: House, box: Box, camera: string, proxy: ListeningProxy, way: Way) {
  await fill(box.stateDir, camera, CLIPS)
  const [simulated] = await house.simulator.cameras()
  if (!simulated) throw new Error('There is no camera')
  const streams = () => openTo(simulated.address, simulated.rtspPort)
  const queued = () => readdirSync(join(box.stateDir, 'media-queue')).length
  const parts = () => readdirSync(join(house.bridgeFolder, 'uploads')).length
  proxy.bytes = 0
  await box.start(house.owner)
  await until('a transfer is under way, and a stream', () => proxy.bytes > MB && streams() > 0 && parts() > 0)
  const startedMs = performance.now()
  const capFile = join(box.stateDir, 'cap-on')
  const revoked = way === 'the owner' ? house.owner.allow(camera, []) : writeFileSync(capFile, '')
  const ended: Partial<Record<End, number>> = {}
  const conditions: Partial<Record<End, () => boolean>> = {
    erased: () => queued() === 0,
    closed: () => streams() === 0,
    // The bridge does not know of the cap: it purges what is never finished.
    ...(way === 'the owner' && { partGone: () => parts() === 0 }),
  }
  for (let open = Object.entries(conditions); open.length > 0; ) {
    const passedMs = performance.now() - startedMs
    open = open.filter(([end, isOver]) => {
      if (!isOver() && passedMs <= 2 * DEADLINE_MS) return true
      ended[end as End] = performance.now() - startedMs
      return false
    })
    await sleep(1)
  }
  await revoked
  await sleep(LISTEN_MS)
  ended.lastByte = Math.max(0, proxy.lastByteMs - startedMs)
  await box.stop()
  const serial = () => Number(box.rows('state', 'SELECT serial FROM grant_held')[0]?.['serial'])
  if (way === 'the cap') await box.ask('cap', 'off')
  else {
    const before = serial()
    await box.start(house.owner)
    await house.owner.allow(camera, ['clip'])
    await until('it may again', () => serial() > before)
    await box.stop()
  }
  return ended
}
