import { parseArgs } from 'node:util'
import { measureRevocations, WAYS } from './measure.ts'

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
    // As every long suite takes one; there is no chance in this one.
    seed: { type: 'string', default: '1' },
  },
})
const times = Number(values.times)
if (!Number.isInteger(times) || times < 1) throw new RangeError('--times takes a whole number from 1 on')

const { figures, lost } = await measureRevocations(times, (done) =>
  process.stderr.write(`\r${done} of ${times * WAYS.length}`),
)
process.stderr.write('\n')
const tried = times * WAYS.length
if (values.json) {
  const outcome = { name: 'revocation', tried, survived: tried - lost, lost, seed: Number(values.seed), figures }
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
} else {
  for (const { way, until, medianMs, msMax } of figures)
    process.stdout.write(`${way}, until ${until}: median ${medianMs} ms, longest ${msMax} ms\n`)
  process.stdout.write(`${tried} revocations, ${lost} of them not within their time\n`)
}
process.exitCode = lost === 0 ? 0 : 1
