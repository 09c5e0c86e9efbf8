import { parseArgs } from 'node:util'
import { proveBacklog } from './backlog.ts'

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '500' },
    kills: { type: 'string', default: '12' },
    'megabytes-per-second': { type: 'string', default: '10' },
    'seconds-per-cut': { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const megabytesPerS = positive('megabytes-per-second')
const task = {
  megabytes: positive('megabytes'),
  kills: positive('kills'),
  megabytesPerS,
  megabytesPerCut: megabytesPerS * positive('seconds-per-cut'),
  megabytesPerItem: 8,
  seed: positive('seed'),
}

function positive(name: Exclude<keyof typeof values, 'json'>): number {
  const number = Number(values[name])
  if (!(number >= 0 && number <= 1e9)) throw new RangeError(`--${name} takes a number, not "${values[name]}"`)
  return number
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())

const told = { arrived: -1 }
const proof = await proveBacklog(
  task,
  ({ arrived, items, cuts, kills }) => {
    if (arrived === told.arrived || arrived % 10 > 0) return
    told.arrived = arrived
    process.stderr.write(`${arrived} of ${items} clips arrived; ${cuts} cuts, ${kills} kills\n`)
  },
  stopping.signal,
)
const { tried, survived, lost, doubled, cuts, kills, sentShare, ledgerHolds } = proof
process.stdout.write(
  values.json
    ? `${JSON.stringify(proof)}\n`
    : `${tried} clips (${task.megabytes} MB) through ${cuts} cuts and ${kills} kills: ${survived} arrived as they were, ` +
        `${lost} lost, ${doubled} doubled; ${sentShare.toFixed(3)} of what had to be sent was sent; ` +
        `the ledger ${ledgerHolds ? 'holds' : 'does NOT hold'}\n`,
)
process.exitCode = lost === 0 && doubled === 0 && ledgerHolds ? 0 : 1
