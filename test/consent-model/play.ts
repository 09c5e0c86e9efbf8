import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { ACTIONS } from './actions.ts'
import type { Network } from './network.ts'
import { World } from './world.ts'

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
