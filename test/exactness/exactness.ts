import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../simulator/fleet/chance.ts'
import type { Box } from '../harness/box.ts'
import { House } from '../harness/house.ts'
import { until } from '../harness/until.ts'
import { type Accepted, Life } from './life.ts'
import { Outages } from './outages.ts'
import { judge, type Verdict } from './verdict.ts'

export interface Task {
  readonly kills: number
  readonly outages: number
  readonly messages: number
  readonly seed: number
}

export interface Progress {
  readonly kills: number
  readonly outages: number
  readonly accepted: number
}

/** What happened, and the bridge's own count of the stream: all up to `newest` and nothing beyond is what it should say. */
export interface Proof extends Verdict, Task {
  readonly newest: number
  readonly countedUpTo: number
}

const GRACE_MS_MAX = 250
const OUT_MS_MAX = 1500
const SETTLE_MS = 120_000

/** Kills sender and bridge as often as told, lets all settle, and holds the records against what was accepted. */
export async function proveExactness(task: Task, tell: (progress: Progress) => void, signal: AbortSignal) {
  const random = seededRandom(task.seed)
  await using house = await House.build({ signal, profiles: ['plain'] })
  const box = await house.move('box')
  await box.stop()
  const outages = new Outages(house)
  const accepted: Accepted[] = []
  for (let kills = 0; kills < task.kills; kills += 1) {
    signal.throwIfAborted()
    if (random() < (task.outages - outages.count) / (task.kills - kills)) {
      await outages.over()
      outages.begin(random() * OUT_MS_MAX)
    }
    const count = Math.ceil((task.messages - accepted.length) / (task.kills - kills + 1))
    const life = new Life(box.stateDir, kills, accepted.length + 1, count)
    await life.hasAccepted(1 + Math.floor(random() * count))
    await sleep(random() * GRACE_MS_MAX)
    await life.kill()
    accepted.push(...life.accepted)
    tell({ kills: kills + 1, outages: outages.count, accepted: accepted.length })
  }
  await outages.over()
  const rest = task.messages - accepted.length
  const last = new Life(box.stateDir, task.kills, accepted.length + 1, rest)
  await last.hasAccepted(rest)
  const numbers = await settled(house, box)
  await last.kill()
  const records = house.records("SELECT message FROM activity WHERE kind = 'agent-started'")
  const verdict = judge(
    [...accepted, ...last.accepted],
    records.map(({ message }) => String(message)).filter(isNumbered),
  )
  return { ...verdict, ...task, outages: outages.count, ...numbers } satisfies Proof
}

/** The agent's own says that it started, too. */
const isNumbered = (message: string) => /^\d+ \d+$/.test(message)

/** Waits until the sender has nothing left that is not acknowledged. */
async function settled(house: House, box: Box): Promise<Pick<Proof, 'newest' | 'countedUpTo'>> {
  await until(
    'everything is acknowledged',
    () => box.rows('spool', 'SELECT count(*) AS waiting FROM message')[0]?.['waiting'] === 0,
    SETTLE_MS,
  )
  const [spool] = box.rows('spool', 'SELECT stream, next - 1 AS newest FROM spool')
  const [stream, ...others] = house.records('SELECT stream, up_to, ahead FROM streams')
  if (others.length > 0 || stream?.['stream'] !== spool?.['stream'] || stream?.['ahead'] !== '[]')
    throw new Error('The bridge counts another stream than the box')
  return { newest: Number(spool?.['newest']), countedUpTo: Number(stream?.['up_to']) }
}
