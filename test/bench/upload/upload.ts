import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AGENT_ENVIRONMENT, AGENT_FLAGS } from '../../../firmware-hooks/artefacts/node-flags.ts'
import { boxWithLeave } from '../../backlog/box.ts'
import { fill } from '../../backlog/outgoing.ts'
import { House } from '../../harness/house.ts'
import { type Effort, type Figure, figureOf, repeat } from '../figure.ts'
import { startPeer } from '../simulator/start.ts'

const ITEM_BYTES = 8 * 1024 * 1024
const ITEMS = { full: 62, quick: 12 }

/**
 * A backlog that leaves by the agent's own egress (encrypted before, granted, booked, resumable) for the real bridge, which
 * opens every chunk of it; beside plain PUTs of the same files to a plain server that puts each on the disk as well.
 */
export async function upload({ runs, windowMs }: Effort): Promise<Figure[]> {
  const items = windowMs < 10_000 ? ITEMS.quick : ITEMS.full
  const rounds = await repeat(runs, () => round(items))
  const megabytes = (items * ITEM_BYTES) / 1e6
  const perS = (tookMs: number) => megabytes / (tookMs / 1000)
  return [
    figureOf(
      { name: `a backlog of ${Math.round(megabytes)} MB uploaded`, unit: 'MB/s', peer: 'a bare PUT', better: 'higher' },
      rounds.map(({ ours }) => perS(ours)),
      rounds.map(({ bare }) => perS(bare)),
    ),
  ]
}

async function round(items: number): Promise<{ ours: number; bare: number }> {
  await using house = await House.build({ signal: new AbortController().signal, profiles: ['plain'] })
  const { box, camera } = await boxWithLeave(house)
  await house.stopSimulator()
  await fill(box.stateDir, camera, Array<number>(items).fill(ITEM_BYTES))
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-put-'))
  try {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')]
    mkdirSync(to)
    // The very same bytes, both times from files that are in memory already.
    cpSync(join(box.stateDir, 'media-queue'), from, { recursive: true })
    const bare = await bareMs(from, to)
    return { bare, ours: await oursMs(box.stateDir, house.url) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function oursMs(stateDir: string, url: string): Promise<number> {
  const node = { flags: AGENT_FLAGS, environment: AGENT_ENVIRONMENT }
  await using sender = await startPeer('agent-upload', [stateDir, url], node)
  return tookMsOf(sender.ready)
}

async function bareMs(from: string, to: string): Promise<number> {
  await using store = await startPeer('bare-store', [to])
  const { port }: { port: number } = JSON.parse(store.ready)
  await using sender = await startPeer('bare-put', [from, `http://127.0.0.1:${port}`])
  return tookMsOf(sender.ready)
}

function tookMsOf(line: string): number {
  const { tookMs }: { tookMs: number } = JSON.parse(line)
  return tookMs
}
