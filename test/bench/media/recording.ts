import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AGENT_ENVIRONMENT, AGENT_FLAGS, NODE_FLAGS } from '../../../firmware-hooks/artefacts/node-flags.ts'
import { type Effort, type Figure, figureOf } from '../figure.ts'
import type { NodeSettings, Program } from '../program.ts'
import { camerasOf, type Listening, startPeer, startSimulator } from '../simulator/start.ts'
import { Copiers, hasFfmpeg, makeFilm } from './ffmpeg.ts'
import { type Found, Inspection, lostIn, picturesOf } from './recorded.ts'

const STREAMS = 16
/** The ring is full, and what came up at the start is settled. */
const WARM_MS = 15_000
const SAMPLE_MS = 2000

interface Cost {
  readonly cpuShare: number
  /** The highest of both that was seen. */
  readonly rssBytes: number
  readonly pssBytes: number
}

interface Measured {
  readonly cpuMs: number
  readonly memory: { readonly rssBytes: number; readonly pssBytes: number }
}

/**
 * Sixteen streams of 1080p with sound, recorded by the agent's rooms in one process, beside sixteen `ffmpeg -c copy`, from
 * the same simulator one after the other. Without ffmpeg there is neither the peer nor the 1080p that it makes, and no figure.
 */
export async function recording({ mediaMs }: Effort): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-bench-media-'))
  try {
    if (hasFfmpeg()) return await beside(folder, mediaMs)
    process.stderr.write('ffmpeg with libx264 is not installed: nothing to compare a recording with\n')
    return []
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function beside(folder: string, mediaMs: number): Promise<Figure[]> {
  const film = join(folder, 'film.h264')
  makeFilm(film)
  const args = ['--profile', 'plain', '--fault', 'open-to-all', '--video', film]
  await using simulator = await startSimulator(STREAMS, args)
  const cameras = camerasOf(simulator)
  const pictures = picturesOf(readFileSync(film))
  const theirs = await copied(folder, cameras, mediaMs)
  const lean = { flags: AGENT_FLAGS, environment: AGENT_ENVIRONMENT }
  const ours = await recorded(folder, cameras, mediaMs, pictures, lean)
  const quick = await recorded(folder, cameras, mediaMs, pictures, { flags: NODE_FLAGS })
  return [
    ...costs('as the agent is started', ours.cost, theirs.cost),
    ...costs('without V8’s flags', quick.cost, theirs.cost),
    against(
      'pictures lost of 16 streams',
      'pictures',
      ours.found.lost + quick.found.lost,
      'ffmpeg -c copy',
      theirs.lost,
    ),
    against('pictures not bit for bit', 'pictures', ours.found.altered + quick.found.altered, 'the limit', 0),
    {
      ...against('pictures recorded', 'pictures', ours.found.pictures, 'ffmpeg -c copy', theirs.pictures),
      better: 'higher',
    },
  ]
}

function costs(how: string, ours: Cost, theirs: Cost): Figure[] {
  const peer = '16 × ffmpeg -c copy'
  const mb = 1024 * 1024
  return [
    against(`16 × 1080p recorded, ${how}: processor`, '% of a core', ours.cpuShare * 100, peer, theirs.cpuShare * 100),
    against(`16 × 1080p recorded, ${how}: resident`, 'MB', ours.rssBytes / mb, peer, theirs.rssBytes / mb),
    against(`16 × 1080p recorded, ${how}: PSS`, 'MB', ours.pssBytes / mb, peer, theirs.pssBytes / mb),
  ]
}

const against = (name: string, unit: string, value: number, peer: string, peerValue: number): Figure =>
  figureOf({ name, unit, peer, better: 'lower' }, [value], [peerValue])

async function recorded(
  folder: string,
  cameras: readonly Listening[],
  mediaMs: number,
  film: ReadonlySet<string>,
  node: NodeSettings,
): Promise<{ readonly cost: Cost; readonly found: Found }> {
  const clips = join(folder, 'clips')
  mkdirSync(clips, { recursive: true })
  const inspection = new Inspection(clips, film)
  const places = cameras.map(({ address, rtspPort }) => `${address}:${rtspPort}`)
  let cost: Cost
  {
    await using program: Program = await startPeer('agent-recorder', [clips, ...places], node)
    cost = await watch(program, mediaMs, () => inspection.take())
  }
  inspection.take()
  if (inspection.found.pictures === 0) throw new Error('The agent’s rooms recorded nothing')
  return { cost, found: inspection.found }
}

async function copied(folder: string, cameras: readonly Listening[], mediaMs: number) {
  const jobs = cameras.map(({ address, rtspPort }, i) => ({
    uri: `rtsp://${address}:${rtspPort}/stream/1`,
    file: join(folder, `copy-${i}.mp4`),
  }))
  let cost: Cost
  {
    await using copiers = await Copiers.start(jobs)
    cost = await watch(copiers, mediaMs, () => {})
  }
  const found = jobs.map(({ file }) => lostIn(readFileSync(file)))
  for (const { file } of jobs) rmSync(file)
  const sum = (name: 'pictures' | 'lost') => found.reduce((total, each) => total + each[name], 0)
  return { cost, pictures: sum('pictures'), lost: sum('lost') }
}

async function watch(measured: Measured, forMs: number, onSample: () => void): Promise<Cost> {
  await sleep(WARM_MS)
  const before = { cpuMs: measured.cpuMs, atMs: performance.now() }
  let [rssBytes, pssBytes] = [0, 0]
  while (performance.now() - before.atMs < forMs) {
    await sleep(Math.min(SAMPLE_MS, forMs))
    const { memory } = measured
    rssBytes = Math.max(rssBytes, memory.rssBytes)
    pssBytes = Math.max(pssBytes, memory.pssBytes)
    onSample()
  }
  const cpuShare = (measured.cpuMs - before.cpuMs) / (performance.now() - before.atMs)
  return { cpuShare, rssBytes, pssBytes }
}
