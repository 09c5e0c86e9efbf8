import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMsOf, type Memory, memoryOf } from '../cost.ts'
import { type Effort, type Figure, figureOf } from '../figure.ts'
import { startPeer } from '../simulator/start.ts'
import { SilentBroker } from './silent-broker.ts'
import { Site } from './site.ts'

const CAMERAS = 16
const RSS_MB_MAX = 80
const CORE_PERCENT_MAX = 0.5
const WIRE_KILOBYTES_MAX = 20

/** What was made at the start is told, and its garbage gone, when this long has passed; V8 is in no hurry where all is quiet. */
const SETTLE_MS = 30_000
const QUICK_SETTLE_MS = 10_000

/** The agent as a user gets it, with 16 cameras of ten brands before which nothing happens, beside the least that Node can be. */
export async function idle({ idleMs }: Effort): Promise<Figure[]> {
  await using site = await Site.open(CAMERAS)
  // What claiming took is not what a box pays for years: the agent is started anew.
  await (await site.startAgent()).stop()
  const agent = await site.startAgent()
  await using broker = await SilentBroker.start()
  await using bare = await startPeer('bare-mqtt', [String(broker.port)])
  await using node = await startPeer('nothing', [])
  const pid = agent.pid ?? 0
  await sleep(idleMs < 30_000 ? QUICK_SETTLE_MS : SETTLE_MS)
  const before = { cpuMs: cpuMsOf(pid), bareMs: bare.cpuMs, wire: site.wire.bytes }
  await sleep(idleMs)
  const percent = (ms: number) => (ms / idleMs) * 100
  const cpu = percent(cpuMsOf(pid) - before.cpuMs)
  const bareCpu = percent(bare.cpuMs - before.bareMs)
  const kilobytes = ((site.wire.bytes - before.wire) / 1024 / CAMERAS) * (3_600_000 / idleMs)
  return [
    ...memory(memoryOf(pid), bare.memory, node.memory),
    against('processor time, idle', '% of a core', cpu, 'the limit', CORE_PERCENT_MAX),
    against('processor time, idle', '% of a core', cpu, 'a connection in Node, idle', bareCpu),
    against('on the wire, a camera and hour', 'KB', kilobytes, 'the limit', WIRE_KILOBYTES_MAX),
  ]
}

function memory(agent: Memory, bare: Memory, node: Memory): Figure[] {
  const mb = (bytes: number) => bytes / 1_048_576
  const beside = (name: string, key: keyof Memory) => [
    against(name, 'MB', mb(agent[key]), 'a connection in Node, idle', mb(bare[key])),
    against(name, 'MB', mb(agent[key]), 'Node with nothing to do', mb(node[key])),
  ]
  return [
    against('resident memory', 'MB', mb(agent.rssBytes), 'the limit', RSS_MB_MAX),
    ...beside('resident memory', 'rssBytes'),
    ...beside('its share of the memory (Pss)', 'pssBytes'),
    ...beside('memory of its own', 'privateBytes'),
  ]
}

function against(name: string, unit: string, value: number, peer: string, peerValue: number): Figure {
  return figureOf({ name: `16 cameras: ${name}`, unit, peer, better: 'lower' }, [value], [peerValue])
}
