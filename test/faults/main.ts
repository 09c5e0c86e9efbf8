import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { EXPECTED, verdictOf } from './expected.ts'
import { type Outcome, type Phase, runTrial } from './trial.ts'

/**
 * Every fault of the simulator against a real agent, one camera each: what it says, how much it asks, how it recovers.
 * `node test/faults/main.ts [--profile P]… [--phase running|starting] [--only NAME]…`; exit code 1 where one is not as expected.
 */
const { values } = parseArgs({
  options: {
    profile: { type: 'string', multiple: true, default: ['plain'] },
    phase: { type: 'string', multiple: true, default: ['running', 'starting'] },
    only: { type: 'string', multiple: true },
    'during-s': { type: 'string', default: '75' },
    'after-s': { type: 'string', default: '100' },
    net: { type: 'string', default: '127.94' },
  },
})

const faults = EXPECTED.map(({ fault }) => fault).filter(
  (fault) => values.only?.includes(fault.split('=')[0] ?? '') ?? true,
)
const outcomes: Outcome[] = []
for (const profile of values.profile) {
  for (const phase of values.phase) {
    const plan = { faults, duringS: Number(values['during-s']), afterS: Number(values['after-s']), net: values.net }
    const trial = await runTrial({ ...plan, profile: profile as 'plain', phase: phase as Phase })
    outcomes.push(...trial.outcomes)
    process.stdout.write(
      `\n${profile}, ${phase}; longest stall of the shared event loop ${Math.round(trial.stallMaxMs)} ms\n`,
    )
    for (const outcome of trial.outcomes) {
      const verdict = verdictOf(outcome)
      const { fault, diagnosis, goneAfterS, requestsPerMinute, refusedCredentials, recoveredAfterS } = outcome
      const times = `gone ${goneAfterS ?? '-'} s, back ${recoveredAfterS ?? '-'} s`
      process.stdout.write(
        `${verdict === '' ? '   ' : 'BAD'} ${fault.padEnd(28)} ${diagnosis.padEnd(52)} ${times}, ${requestsPerMinute}/min, ${refusedCredentials} refused ${verdict}\n`,
      )
    }
  }
}
await mkdir('build', { recursive: true })
await writeFile('build/agent-faults.json', `${JSON.stringify(outcomes, undefined, 2)}\n`)
const bad = outcomes.filter((outcome) => verdictOf(outcome) !== '').length
process.stdout.write(`\n${outcomes.length} trials, ${bad} not as expected\n`)
process.exitCode = bad > 0 ? 1 : 0
