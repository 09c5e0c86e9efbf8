import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { isProfileName, PROFILE_NAMES } from '../../simulator/profiles/catalogue.ts'
import { EXPECTED } from './expected.ts'
import { STREAM_GROUPS } from './expected-streams.ts'
import { type Job, type JobResult, runJob, verdictOn } from './jobs.ts'
import type { StreamOutcome } from './stream-trial.ts'
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
    group: { type: 'string', multiple: true },
    'during-s': { type: 'string', default: '75' },
    'after-s': { type: 'string', default: '130' },
    'side-by-side': { type: 'string', default: '2' },
    /** The second number of the first job's addresses; the others count up from there. */
    net: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    /** The owner allows clips and pictures: tries the faults of media, RTSP and RTP. */
    recorded: { type: 'boolean', default: false },
  },
})

const chosen = EXPECTED.filter(({ name }) => values.only?.includes(name) ?? true)
const groups = values.group ?? (values.recorded ? STREAM_GROUPS : undefined)
const faults = chosen.filter(({ group }) => groups?.includes(group) ?? true).map(({ fault }) => fault)
const plan = {
  faults,
  duringS: Number(values['during-s']),
  afterS: Number(values['after-s']),
  seed: Number(values.seed),
  isRecorded: values.recorded,
}
const pairs = values.phase.flatMap((phase) => values.profile.map((profile) => ({ phase: phase as Phase, profile })))
const jobs: Job[] = pairs.map(({ phase, profile }, i) => {
  if (!isProfileName(profile)) throw new RangeError(`There is no profile ${profile}`)
  return { ...plan, phase, profile, net: `127.${Number(values.net) + i}` }
})

const print = (line: string) => void process.stdout.write(`${line}\n`)
const isLost = (outcome: Outcome) => verdictOn(outcome) !== ''
const sideBySide = Number(values['side-by-side'])

/** Two hundred cameras and their agent on a busy machine: what looks lost there is tried once more in a smaller company. */
async function tryAgain(result: JobResult): Promise<JobResult> {
  const lost = result.outcomes.filter(isLost).map(({ fault }) => fault)
  if (lost.length === 0) return result
  const second = await runJob({ ...result.job, faults: lost })
  const outcomes = result.outcomes.map((first) => second.outcomes.find(({ fault }) => fault === first.fault) ?? first)
  return { ...result, ...(second.failure !== undefined && { failure: second.failure }), outcomes, again: lost }
}

function mediaOf({ clips, pictures, rtspPerMinute, said }: StreamOutcome): string {
  return `, ${clips} clips, ${pictures} pictures, ${rtspPerMinute} RTSP/min, said ${said.join(' ') || 'nothing'}`
}

function detail(outcome: Outcome | StreamOutcome): string {
  const { fault, diagnosis, goneAfterS, requestsPerMinute, refusedCredentials, recoveredAfterS } = outcome
  const times = `gone ${goneAfterS ?? '-'} s, back ${recoveredAfterS ?? '-'} s`
  const media = 'clips' in outcome ? mediaOf(outcome) : ''
  const asked = `${requestsPerMinute}/min, ${refusedCredentials} refused${media}`
  return `${isLost(outcome) ? 'BAD' : '   '} ${fault.padEnd(28)} ${diagnosis.padEnd(52)} ${times}, ${asked} ${verdictOn(outcome)}`
}

const lostOf = ({ outcomes, failure }: JobResult) =>
  failure === undefined ? outcomes.filter(isLost).length : faults.length

const results: JobResult[] = []

function tell(result: JobResult): void {
  const { job, outcomes, failure, again = [] } = result
  const lost = failure ?? `${lostOf(result)} of ${faults.length} lost, ${again.length} tried twice`
  print(`${results.length}/${jobs.length} ${job.profile}, ${job.phase}: ${lost}`)
  for (const outcome of outcomes) if (values.all || isLost(outcome)) print(detail(outcome))
  if (again.length > 0) print(`    tried twice: ${again.join(' ')}`)
}

print(`${faults.length} faults × ${jobs.length} (profiles and phases), ${sideBySide} at a time`)
const left = [...jobs]
const work = async () => {
  for (let job = left.shift(); job; job = left.shift()) {
    const first = await runJob(job)
    if (values.all) for (const outcome of first.outcomes.filter(isLost)) print(`1st ${detail(outcome)}`)
    const result = await tryAgain(first)
    results.push(result)
    tell(result)
  }
}
await Promise.all(Array.from({ length: sideBySide }, work))

print(`\n${'profile'.padEnd(12)}${'phase'.padEnd(12)}tried  survived  lost  twice  longest stall`)
for (const result of results) {
  const lost = lostOf(result)
  const counts = [faults.length, faults.length - lost, lost, result.again?.length ?? 0]
  const columns = counts.map((count, i) => String(count).padStart([5, 10, 6, 7][i] ?? 7)).join('')
  const { profile, phase } = result.job
  print(`${profile.padEnd(12)}${phase.padEnd(12)}${columns}  ${Math.round(result.stallMaxMs)} ms`)
}
const tried = faults.length * jobs.length
const lost = results.reduce((sum, result) => sum + lostOf(result), 0)
print(`\n${tried} trials with seed ${plan.seed}: ${tried - lost} survived, ${lost} lost`)
await mkdir('build', { recursive: true })
const trials = results.flatMap(({ outcomes, again = [] }) =>
  outcomes.map((each) => ({ ...each, verdict: verdictOn(each), isSecond: again.includes(each.fault) })),
)
const report = {
  name: 'agent against faults',
  isRecorded: values.recorded,
  tried,
  survived: tried - lost,
  lost,
  seed: plan.seed,
  trials,
}
await writeFile(
  `build/agent-faults${values.recorded ? '-recorded' : ''}.json`,
  `${JSON.stringify(report, undefined, 2)}\n`,
)
process.exitCode = lost > 0 ? 1 : 0
