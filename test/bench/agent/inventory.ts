import { AGENT_ENVIRONMENT, AGENT_FLAGS } from '../../../firmware-hooks/artefacts/node-flags.ts'
import { type Effort, type Figure, figureOf, repeat } from '../figure.ts'
import { DISCOVERY_PORT, startPeer } from '../simulator/start.ts'
import { PASSWORD, startCameras, type Truth, truthOf, USER } from './cameras.ts'

const CAMERAS = 200
const RANGE = '127.80.0.0/24'

interface Outcome {
  readonly tookMs: number
  /** Cameras whose serial and firmware are what they really are, to the letter. */
  readonly right: number
}

/** Two hundred cameras of ten brands, found and read by the agent's rooms, beside the plain package that is told where they are. */
export async function inventory({ runs }: Effort): Promise<Figure[]> {
  await using simulator = await startCameras(CAMERAS)
  const truth = truthOf(simulator)
  const places = truth.map(({ address, httpPort }) => `${address}:${httpPort}`)
  const plain = (mode: 'one' | 'all') => outcome('onvif-inventory', [mode, USER, PASSWORD, ...places], truth)
  const rounds = await repeat(runs, async () => ({
    ours: await outcome('agent-inventory', [RANGE, String(DISCOVERY_PORT), USER, PASSWORD], truth, true),
    one: await plain('one'),
    all: await plain('all'),
  }))
  const ours = rounds.map((round) => round.ours)
  const beside = (way: string, theirs: readonly Outcome[]) => [
    figureOf(
      { name: '200 cameras found and read', unit: 'ms', peer: `onvif, told where, ${way}`, better: 'lower' },
      ours.map(({ tookMs }) => tookMs),
      theirs.map(({ tookMs }) => tookMs),
    ),
    figureOf(
      { name: 'serial and firmware right of 200', unit: 'cameras', peer: `onvif, ${way}`, better: 'higher' },
      ours.map(({ right }) => right),
      theirs.map(({ right }) => right),
    ),
  ]
  return [
    ...beside(
      'one after the other',
      rounds.map(({ one }) => one),
    ),
    ...beside(
      'all at once',
      rounds.map(({ all }) => all),
    ),
  ]
}

async function outcome(
  peer: string,
  args: readonly string[],
  truth: readonly Truth[],
  isAgent = false,
): Promise<Outcome> {
  await using program = await startPeer(
    peer,
    args,
    isAgent ? { flags: AGENT_FLAGS, environment: AGENT_ENVIRONMENT } : {},
  )
  const { tookMs, cameras }: { tookMs: number; cameras: readonly Partial<Truth>[] } = JSON.parse(program.ready)
  const right = truth.filter(({ address, serial, firmware }) => {
    const read = cameras.find((each) => each.address === address)
    return read?.serial === serial && read.firmware === firmware
  })
  return { tookMs, right: right.length }
}
