import { parseArgs } from 'node:util'
import { Network } from './network.ts'
import { play } from './play.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10000' }, seed: { type: 'string', default: '' } },
})
const runs = Number(values.runs)
const seed = values.seed === '' ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
process.stdout.write(`${runs} interleavings, seed ${seed}\n`)
await using network = await Network.start()
const startedMs = performance.now()
const seconds = () => Math.round((performance.now() - startedMs) / 1000)
const played = await play(network, runs, seed, (count) => {
  if (count % 1000 === 0) process.stdout.write(`${count} (${seconds()} s)\n`)
})
process.stdout.write(
  `No upload outside a grant in ${played.runs} interleavings of ${played.actions} steps; ${played.arrived} items left and arrived (${seconds()} s)\n`,
)
