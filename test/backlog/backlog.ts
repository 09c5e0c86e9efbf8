import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../simulator/fleet/chance.ts'
import { Program } from '../demo/program.ts'
import { type Box, killHard } from '../harness/box.ts'
import { House } from '../harness/house.ts'
import { boxWithLeave } from './box.ts'
import { Link } from './link.ts'
import { fill, type Waiting } from './outgoing.ts'

const MB = 1024 * 1024
const START_MS = 120_000

export interface Task {
  readonly megabytes: number
  /** SIGKILLs of the sender, and of the bridge. */
  readonly kills: number
  /** The link's speed, and how much goes through it between two cuts on average. */
  readonly megabytesPerS: number
  readonly megabytesPerCut: number
  /** Of one clip, on average. */
  readonly megabytesPerItem: number
  readonly seed: number
}

export interface Progress {
  readonly arrived: number
  readonly items: number
  readonly cuts: number
  readonly kills: number
}

export interface Proof extends Task {
  readonly name: 'upload-backlog'
  /** Clips that waited; that the owner reads byte for byte as they were; that they don't. */
  readonly tried: number
  readonly survived: number
  readonly lost: number
  /** Rows that the bridge holds beyond those, or that the ledger has as done more than once. */
  readonly doubled: number
  readonly cuts: number
  /** What went over the link beside what had to, 1 being nothing twice. */
  readonly sentShare: number
  /** Whether the ledger's chain holds, and its sum is no less than what the bridge got. */
  readonly ledgerHolds: boolean
}

/** Sends a backlog over a link that is cut again and again, kills both ends meanwhile, and looks at what the owner has then. */
export async function proveBacklog(
  task: Task,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Proof> {
  const random = seededRandom(task.seed)
  await using house = await House.build({ signal, profiles: ['plain'] })
  const { box, camera } = await boxWithLeave(house)
  const waiting = await fill(box.stateDir, camera, sizesOf(task, random))
  const bytes = numberIn(box, 'SELECT sum(bytes) AS n FROM item')
  using link = await Link.open({
    port: house.ports.http,
    random,
    bytesPerS: task.megabytesPerS * MB,
    bytesPerCut: task.megabytesPerCut * MB,
  })
  await using sender = new Sender(house, box, link.url)
  await sender.start()
  // Each kill when so much went through, wherever in an item that is: sender and bridge in turn, or as chance has it.
  const moments = Array.from({ length: task.kills }, () => random() * bytes).sort((one, other) => one - other)
  for (let kills = 0; ; ) {
    signal.throwIfAborted()
    tell({ arrived: arrivedAt(house), items: waiting.length, cuts: link.cuts, kills })
    const isDue = link.upBytes >= (moments[kills] ?? Number.POSITIVE_INFINITY)
    if (isDue) kills += await strike(house, sender, kills, random)
    else if (left(box) > 0) await sleep(20)
    else break
  }
  await sender.kill()
  return { ...(await verdictOn(house, box, waiting)), ...task, cuts: link.cuts, sentShare: link.upBytes / bytes }
}

/** Clips of half to one and a half times the mean, until there is enough. */
function sizesOf({ megabytes, megabytesPerItem }: Task, random: () => number): number[] {
  const sizes: number[] = []
  for (let all = 0; all < megabytes * MB; all += sizes.at(-1) ?? 0) {
    sizes.push(Math.ceil((0.5 + random()) * megabytesPerItem * MB))
  }
  return sizes
}

/** Kills one end and starts it again. Gives 1, the kill. */
async function strike(house: House, sender: Sender, kills: number, random: () => number): Promise<number> {
  if (kills % 2 === 0) {
    await sender.kill()
    await sleep(random() * 200)
    await sender.start()
  } else {
    await house.killBridge()
    await sleep(random() * 200)
    await house.startBridge()
  }
  return 1
}

const left = (box: Box): number => numberIn(box, 'SELECT count(*) AS n FROM item')
const arrivedAt = (house: House): number => Number(house.records('SELECT count(*) AS n FROM items')[0]?.['n'])
const numberIn = (box: Box, sql: string): number => Number(box.rows('egress', sql)[0]?.['n'])

async function verdictOn(house: House, box: Box, waiting: readonly Waiting[]) {
  let survived = 0
  for (const { item, sha256 } of waiting) {
    const content = await house.owner.content(item)
    if (typeof content !== 'number' && createHash('sha256').update(content).digest('hex') === sha256) survived += 1
  }
  const done = box.rows(
    'egress',
    "SELECT count(*) AS n FROM ledger WHERE outcome = 'done' GROUP BY item HAVING count(*) > 1",
  )
  const check = await box.ask('ledger', '--verify', '--json')
  const booked = numberIn(box, "SELECT sum(bytes) AS n FROM ledger WHERE outcome <> 'begun'")
  const held = Number(house.records('SELECT sum(bytes) AS n FROM items')[0]?.['n'])
  return {
    name: 'upload-backlog',
    tried: waiting.length,
    survived,
    lost: waiting.length - survived,
    doubled: arrivedAt(house) - survived + done.length,
    ledgerHolds: check.code === 0 && booked >= held,
  } as const
}

/** The box's queue and its way out, in a process of its own. */
class Sender implements AsyncDisposable {
  readonly #house: House
  readonly #box: Box
  readonly #bridgeUrl: string
  #life: Program | undefined
  #lives = 0

  constructor(house: House, box: Box, bridgeUrl: string) {
    this.#house = house
    this.#box = box
    this.#bridgeUrl = bridgeUrl
  }

  async start(): Promise<void> {
    this.#lives += 1
    this.#life = new Program({
      name: 'sender',
      executable: process.execPath,
      args: [join(import.meta.dirname, 'sender.ts'), this.#box.stateDir, this.#bridgeUrl],
      logPath: join(this.#house.folder, `sender-${this.#lives}.log`),
    })
    await this.#life.line(({ event }) => event === 'started', START_MS)
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    await killHard(this.#life)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
