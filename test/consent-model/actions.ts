import fc from 'fast-check'
import { CAMERAS, KINDS, type Scope } from './model.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const SCOPES = CAMERAS.flatMap((camera) => KINDS.map((kind): Scope => `${camera}.${kind}`))

/** One thing that happens, and for how many turns of the event loop everything else goes on before the next. */
export interface Action {
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

export const ACTIONS = fc.oneof(
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
      fc.tuple(fc.boolean(), fc.boolean()),
      ([on, isHook]) => `cap ${on ? 'on' : 'off'}${isHook ? ' by a hook' : ''}`,
      (world, [on, isHook]) => world.cap(on, isHook),
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
      fc.constantFrom(undefined, undefined, true, false),
      (cap) => (cap === undefined ? 'restart' : `restart, the cap turned ${cap ? 'on' : 'off'} meanwhile`),
      (world, cap) => world.restart(cap),
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
      fc.constantFrom(-400 * DAY_MS, -DAY_MS, -MINUTE_MS, MINUTE_MS, 8 * DAY_MS, 400 * DAY_MS),
      (ms) => `set the clock by ${ms}`,
      (world, ms) => world.setClock(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: action(fc.constantFrom('replay', 'forge', 'foreign', 'former owner'), String, (world, how) =>
      world.intrude(how),
    ),
  },
  {
    weight: 2,
    arbitrary: action(
      lasting,
      () => 'renew',
      (world, ms) => world.renew(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: action(
      fc.constant(0),
      () => 'the power goes',
      (world) => world.powerCut(),
    ),
  },
  {
    weight: 1,
    arbitrary: action(
      fc.boolean(),
      (forgets) => `the bridge restarts${forgets ? ', and has forgotten' : ''}`,
      (world, forgets) => world.restartBridge(forgets),
    ),
  },
  {
    weight: 1,
    arbitrary: action(
      fc.boolean(),
      (isFull) => (isFull ? 'the disk is full' : 'the disk has room'),
      (world, isFull) => world.fill(isFull),
    ),
  },
  {
    weight: 1,
    arbitrary: action(
      fc.constant(0),
      () => 'the account is erased, and the box claimed anew',
      (world) => world.part(),
    ),
  },
)
