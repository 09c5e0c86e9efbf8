import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { CAMERAS, KINDS, type Scope } from './model.ts'
import type { Network } from './network.ts'
import { World } from './world.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const SCOPES = CAMERAS.flatMap((camera) => KINDS.map((kind): Scope => `${camera}.${kind}`))

/** One thing that happens, and for how many turns of the event loop everything else goes on before the next. */
interface Action {
  readonly what: string
  readonly turns: number
  readonly play: (world: World) => void | Promise<void>
}

const action = <T>(
  values: fc.Arbitrary<T>,
  what: (value: T) => string,
  play: (world: World, value: T) => void | Promise<void>,
) =>
  fc.tuple(values, fc.integer({ min: 0, max: 40 })).map(([value, turns]): Action => {
    return { what: what(value), turns, play: (world) => play(world, value) }
  })

const camera = fc.constantFrom(...CAMERAS)
const lasting = fc.constantFrom(MINUTE_MS, DAY_MS, 7 * DAY_MS)
const scopes = fc.subarray(SCOPES)

const ACTIONS = fc.oneof(
  {
    weight: 4,
    arbitrary: action(
      fc.tuple(scopes, lasting),
      ([on]) => `turn ${on.join()}`,
      (world, [on, ms]) => world.turn(on, ms),
    ),
  },
  {
    weight: 2,
    arbitrary: action(
      lasting,
      () => 'turn everything on',
      (world, ms) => world.turn(SCOPES, ms),
    ),
  },
  {
    weight: 2,
    arbitrary: action(
      fc.constant(0),
      () => 'revoke everything',
      (world) => world.turn([], DAY_MS),
    ),
  },
  {
    weight: 2,
    arbitrary: action(
      fc.boolean(),
      (on) => `cap ${on ? 'on' : 'off'}`,
      (world, on) => world.cap(on),
    ),
  },
  {
    weight: 3,
    arbitrary: action(
      camera,
      (of) => `event ${of}`,
      (world, of) => world.event(of),
    ),
  },
  {
    weight: 5,
    arbitrary: action(
      fc.tuple(camera, fc.integer({ min: 1, max: 200_000 }), fc.boolean()),
      ([of, bytes, isStale]) => `clip ${of} ${bytes}${isStale ? ' stale' : ''}`,
      (world, [of, bytes, isStale]) => world.clip(of, bytes, isStale),
    ),
  },
  {
    weight: 1,
    arbitrary: action(
      fc.boolean(),
      (up) => `link ${up ? 'up' : 'down'}`,
      (world, isUp) => world.link({ isUp }),
    ),
  },
  {
    weight: 2,
    arbitrary: action(
      fc.boolean(),
      (slow) => `link ${slow ? 'slow' : 'quick'}`,
      (world, isSlow) => world.link({ isSlow }),
    ),
  },
  {
    weight: 2,
    arbitrary: action(
      fc.boolean(),
      (is) => (is ? 'connect' : 'disconnect'),
      (world, is) => world.connect(is),
    ),
  },
  {
    weight: 1,
    arbitrary: action(
      fc.constant(0),
      () => 'restart',
      (world) => world.restart(),
    ),
  },
  {
    weight: 2,
    arbitrary: action(
      fc.constantFrom(MINUTE_MS, DAY_MS, 8 * DAY_MS),
      (ms) => `pass ${ms}`,
      (world, ms) => world.pass(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: action(
      fc.constantFrom(-400 * DAY_MS, -DAY_MS, -MINUTE_MS, MINUTE_MS, 8 * DAY_MS),
      (ms) => `set the clock by ${ms}`,
      (world, ms) => world.setClock(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: action(fc.constantFrom('replay', 'forge', 'foreign'), String, (world, how) => world.intrude(how)),
  },
)

export interface Played {
  readonly runs: number
  readonly actions: number
  /** Items that left and arrived: a test in which nothing may leave proves nothing. */
  readonly arrived: number
}

/** Plays so many random interleavings. @throws Error with the smallest one found that breaks the promise, and its seed */
export async function play(network: Network, runs: number, seed: number, onRun = (_: number) => {}): Promise<Played> {
  const played = { runs: 0, actions: 0, arrived: 0 }
  const property = fc.asyncProperty(
    fc.array(ACTIONS, { minLength: 1, maxLength: 24, size: 'max' }),
    async (actions) => {
      const world = new World(network)
      const done: string[] = []
      const fail = () => {
        if (world.faults.length > 0) throw new Error(`${world.faults[0]}\nafter:\n  ${done.join('\n  ')}`)
      }
      try {
        for (const each of actions) {
          done.push(`${each.what}, ${each.turns} turns`)
          await each.play(world)
          world.inspect()
          for (let i = 0; i < each.turns && world.faults.length === 0; i += 1) await turn()
          fail()
        }
      } finally {
        const { arrived } = await world.end()
        played.arrived += arrived
        played.actions += actions.length
        played.runs += 1
        onRun(played.runs)
      }
      fail()
    },
  )
  await fc.assert(property, { numRuns: runs, seed, endOnFailure: false })
  return played
}
