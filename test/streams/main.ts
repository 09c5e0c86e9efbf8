import { Command, InvalidArgumentError, Option } from 'commander'
import { PROFILE_NAMES } from '../../simulator/profiles/catalogue.ts'
import { announcedBy } from './announced.ts'
import { playWithFfprobe } from './ffprobe.ts'
import { startFleetOf } from './fleet.ts'
import { playWithGstreamer } from './gstreamer.ts'
import { KnownPictures } from './known-pictures.ts'
import { type AnnouncedStream, type Order, PLAYERS, type Player, TRANSPORTS, type Transport } from './playback.ts'
import { coverage, jsonRow, type Played, TABLE_HEAD, tableRow } from './table.ts'
import { judge } from './verdict.ts'

interface Options {
  readonly seconds: number
  readonly parallel: number
  readonly profile: readonly string[]
  readonly player: readonly Player[]
  readonly transport: readonly Transport[]
  readonly fault: readonly string[]
  readonly address: string
  readonly json?: boolean
}

/** One of each kind; the larger recorders show the same scenes in the same forms as the small one. */
const USUAL_PROFILES = PROFILE_NAMES.filter((name) => name !== 'nvr16' && name !== 'nvr32')
/** Each camera shows the next scene: with five in a row of the one profile that has H.265, all are seen in it. */
const IN_H265 = Array.from({ length: 5 }, () => 'vigi')

/** For UDP, a range for each of the players at once: below those that the system and the cameras take. */
const PORT_MIN = 10_000
const PORTS = 100
const PLAY = { ffprobe: playWithFfprobe, gstreamer: playWithGstreamer } as const

async function main(options: Options): Promise<boolean> {
  const known = await KnownPictures.load()
  const profiles = options.profile.length > 0 ? options.profile : [...USUAL_PROFILES, ...IN_H265]
  await using fleet = await startFleetOf(profiles, options.fault, options.address)
  const { user, password } = fleet
  const announced = await Promise.all(fleet.cameras.map((camera) => announcedBy(camera, user, password)))
  const orders = inTurn(announced).flatMap((stream) =>
    options.transport.flatMap((transport) =>
      options.player.map((player) => ({
        player,
        order: { stream, transport, seconds: options.seconds, user, password },
      })),
    ),
  )
  const minutes = Math.ceil((Math.ceil(orders.length / options.parallel) * (options.seconds + 3)) / 60)
  tell(
    `${announced.flat().length} streams of ${fleet.cameras.length} cameras, ${orders.length} playbacks of ${options.seconds} s, ` +
      `${options.parallel} at once: about ${minutes} min\n${TABLE_HEAD}`,
  )
  const rows: Played[] = []
  await inParallel(orders, options.parallel, async ({ order, player }, worker) => {
    const row = await play({ ...order, portMin: PORT_MIN + worker * PORTS }, player, known)
    rows.push(row)
    tell(`${tableRow(row)}  [${rows.length}/${orders.length}]`)
  })
  return report(rows, known, options)

  function tell(line: string): void {
    const stream = options.json ? process.stderr : process.stdout
    stream.write(`${line}\n`)
  }
}

async function play(order: Order, player: Player, known: KnownPictures): Promise<Played> {
  const playback = await PLAY[player](order)
  return { order, player, verdict: judge(order.stream, order.seconds, playback, known) }
}

/** Gives whether all is well. */
function report(rows: readonly Played[], known: KnownPictures, options: Options): boolean {
  const covered = coverage(rows)
  const isWhole = options.profile.length > 0 || covered.every(({ scenes }) => scenes.length === known.sceneNames.length)
  const bad = rows.filter(({ verdict }) => verdict.faults.length > 0).length
  const sum = (of: 'frames' | 'missing' | 'wrong' | 'errors') =>
    rows.reduce((total, { verdict }) => total + verdict[of], 0)
  const totals = { frames: sum('frames'), missing: sum('missing'), wrong: sum('wrong'), errors: sum('errors') }
  const ok = bad === 0 && isWhole
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ok, ...totals, coverage: covered, playbacks: rows.map(jsonRow) })}\n`)
    return ok
  }
  const lines = covered.map(
    ({ form, scenes, loopsMin }) =>
      `${form}: ${scenes.length} of ${known.sceneNames.length} scenes, each playback past at least ${loopsMin} loop points`,
  )
  lines.push(
    `${rows.length} playbacks, ${totals.frames} frames: ${totals.missing} missing, ${totals.wrong} wrong, ${totals.errors} decode errors and warnings`,
  )
  if (!isWhole) lines.push('Not every scene was seen in every form.')
  lines.push(ok ? 'All streams play.' : `${bad} playbacks are faulty.`)
  process.stdout.write(`${lines.join('\n')}\n`)
  return ok
}

/** The first of each camera, then the second of each, so that no camera is asked for all at once. */
function inTurn(streams: readonly (readonly AnnouncedStream[])[]): AnnouncedStream[] {
  const most = Math.max(...streams.map(({ length }) => length))
  return Array.from({ length: most }, (_, i) => streams.flatMap((own) => own[i] ?? [])).flat()
}

async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, worker: number) => Promise<void>,
): Promise<void> {
  const waiting = items.values()
  const worker = async (_: unknown, index: number) => {
    for (const item of waiting) await work(item, index)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}

function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < min || number > max)
      throw new InvalidArgumentError(`Write a number from ${min} to ${max}.`)
    return number
  }
}

const command = new Command('streams')
  .description(
    'Plays every stream of the simulator with ffprobe and GStreamer, over TCP and UDP, and counts what is missing.',
  )
  .option('--seconds <number>', 'how long each stream is played', wholeNumber(1, 3600), 60)
  .option('--parallel <number>', 'how many players at once', wholeNumber(1, 100), 12)
  .addOption(
    new Option('--profile <name...>', 'cameras of these profiles alone')
      .choices(PROFILE_NAMES)
      .default([], 'one of each, one recorder'),
  )
  .addOption(new Option('--player <name...>', 'who plays').choices(PLAYERS).default(PLAYERS))
  .addOption(new Option('--transport <name...>', 'over what').choices(TRANSPORTS).default(TRANSPORTS))
  .option('--fault <name...>', 'faults of all cameras, to see what they do to real players', [])
  .option('--address <address>', 'the first camera’s address', '127.78.0.11')
  .option('--json', 'print JSON at the end, the table on the error output')
await command.parseAsync()
process.exitCode = (await main(command.opts<Options>())) ? 0 : 1
