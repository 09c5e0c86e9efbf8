import { parseArgs } from 'node:util'
import { Network } from './network.ts'
import { play } from './play.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
const seed = values.seed === '' ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed))
  throw new RangeError('--runs takes a whole number from 1 on, --seed a whole number')
const progress = values.json ? process.stderr : process.stdout
progress.write(`${runs} interleavings, seed ${seed}\n`)
await using network = await Network.start()
const startedMs = performance.now()
const seconds = () => Math.round((performance.now() - startedMs) / 1000)
const megabytes = () => Math.round(process.memoryUsage.rss() / 2 ** 20)
const played = await play(network, runs, seed, (count) => {
  if (count % 1000 === 0) progress.write(`${count} (${seconds()} s, ${megabytes()} MB)\n`)
})
const { actions, arrived } = played
// One that breaks the promise throws, with the smallest way there and its seed: what comes here has held.
if (values.json) {
  const facts = { name: 'consent-model', tried: played.runs, survived: played.runs, lost: 0, seed, actions, arrived }
  process.stdout.write(`${JSON.stringify(facts)}\n`)
} else {
  process.stdout.write(
    `No upload outside a grant in ${played.runs} interleavings of ${actions} steps; ${arrived} items left and arrived (${seconds()} s)\n`,
  )
}
