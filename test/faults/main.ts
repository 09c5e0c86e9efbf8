import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { isProfileName, PROFILE_NAMES } from '../../simulator/profiles/catalogue.ts'
import { EXPECTED, verdictOf } from './expected.ts'
import { type Job, type JobResult, runJobs } from './jobs.ts'
import type { Outcome, Phase } from './trial.ts'

/**
 * Every fault of the simulator against a real agent, one camera each: what it says, how much it asks, how it recovers.
 * Without options: every profile, in both phases. Exit code 1 where one is not as expected.
 */
const { values } = parseArgs({
  options: {
    profile: { type: 'string', multiple: true, default: [...PROFILE_NAMES] },
    phase: { type: 'string', multiple: true, default: ['running', 'starting'] },
    only: { type: 'string', multiple: true },
    'during-s': { type: 'string', default: '75' },
    'after-s': { type: 'string', default: '100' },
    'side-by-side': { type: 'string', default: '2' },
    /** The second number of the first job's addresses; the others count up from there. */
    net: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
  },
})

const faults = EXPECTED.map(({ fault }) => fault).filter(
  (fault) => values.only?.includes(fault.split('=')[0] ?? '') ?? true,
)
const plan = {
  faults,
  duringS: Number(values['during-s']),
  afterS: Number(values['after-s']),
  seed: Number(values.seed),
}
const pairs = values.phase.flatMap((phase) => values.profile.map((profile) => ({ phase: phase as Phase, profile })))
const jobs: Job[] = pairs.map(({ phase, profile }, i) => {
  if (!isProfileName(profile)) throw new RangeError(`There is no profile ${profile}`)
  return { ...plan, phase, profile, net: `127.${Number(values.net) + i}` }
})

const print = (line: string) => void process.stdout.write(`${line}\n`)
const results: JobResult[] = []
const lostOf = ({ outcomes, failure }: JobResult) =>
  failure === undefined ? outcomes.filter((outcome) => verdictOf(outcome) !== '').length : faults.length

function detail(outcome: Outcome): string {
  const { fault, diagnosis, goneAfterS, requestsPerMinute, refusedCredentials, recoveredAfterS } = outcome
  const verdict = verdictOf(outcome)
  const times = `gone ${goneAfterS ?? '-'} s, back ${recoveredAfterS ?? '-'} s`
  const asked = `${requestsPerMinute}/min, ${refusedCredentials} refused`
  return `${verdict === '' ? '   ' : 'BAD'} ${fault.padEnd(28)} ${diagnosis.padEnd(52)} ${times}, ${asked} ${verdict}`
}

print(`${faults.length} faults × ${jobs.length} (profiles and phases), ${values['side-by-side']} at a time`)
await runJobs(jobs, Number(values['side-by-side']), (result) => {
  results.push(result)
  const { job, outcomes, failure } = result
  const lost = lostOf(result)
  print(
    `${results.length}/${jobs.length} ${job.profile}, ${job.phase}: ${failure ?? `${lost} of ${faults.length} lost`}`,
  )
  for (const outcome of outcomes) if (values.all || verdictOf(outcome) !== '') print(detail(outcome))
})

print(`\n${'profile'.padEnd(12)}${'phase'.padEnd(12)}tried  survived  lost  longest stall`)
for (const result of results) {
  const lost = lostOf(result)
  const counts = `${String(faults.length).padStart(5)}${String(faults.length - lost).padStart(10)}${String(lost).padStart(6)}`
  const { profile, phase } = result.job
  print(`${profile.padEnd(12)}${phase.padEnd(12)}${counts}  ${Math.round(result.stallMaxMs)} ms`)
}
const tried = faults.length * jobs.length
const lost = results.reduce((sum, result) => sum + lostOf(result), 0)
print(`\n${tried} trials with seed ${plan.seed}: ${tried - lost} survived, ${lost} lost`)
await mkdir('build', { recursive: true })
const trials = results.flatMap(({ outcomes }) => outcomes.map((each) => ({ ...each, verdict: verdictOf(each) })))
const report = { name: 'agent against faults', tried, survived: tried - lost, lost, seed: plan.seed, trials }
await writeFile('build/agent-faults.json', `${JSON.stringify(report, undefined, 2)}\n`)
process.exitCode = lost > 0 ? 1 : 0
