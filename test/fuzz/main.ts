import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fuzzDatagrams, fuzzReplies } from './fuzz.ts'
import { recordBrands } from './record.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const [runs, seed] = [Number(values.runs), Number(values.seed)]
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed))
  throw new RangeError('--runs takes a whole number from 1 on, --seed a whole number')

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const heapMb = () => {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const recordings = await recordBrands(AbortSignal.timeout(60_000))
// What is loaded and compiled at first use is no growth.
await fuzzReplies(recordings, { runs: 500, seed: seed + 1 })
fuzzDatagrams(recordings, { runs: 500, seed: seed + 1 })

const progress = { done: 0 }
const tell = () => {
  progress.done += 1
  if (process.stderr.isTTY && progress.done % 100 === 0) process.stderr.write(`\r${progress.done} of ${2 * runs}`)
}
const before = heapMb()
const replies = await fuzzReplies(recordings, { runs, seed, tell })
const datagrams = fuzzDatagrams(recordings, { runs, seed, tell })
const grownMb = heapMb() - before
if (process.stderr.isTTY) process.stderr.write('\n')

// A case that does not survive throws, with how to repeat it: what arrives here has survived.
if (values.json) {
  const tried = 2 * runs
  const facts = { name: 'onvif-fuzz', tried, survived: tried, lost: 0, seed, replies, datagrams, grownMb }
  process.stdout.write(`${JSON.stringify(facts)}\n`)
} else {
  for (const [what, { understood, refused, busyMsMax }] of Object.entries({ replies, datagrams }))
    process.stdout.write(
      `${runs} ${what}: ${understood} understood, ${refused} refused; ${busyMsMax.toFixed(1)} ms of processor time at most\n`,
    )
  process.stdout.write(`The heap grew by ${grownMb.toFixed(2)} MB (seed ${seed})\n`)
}
