import { parseArgs } from 'node:util'
import { proveExactness } from './exactness.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    outages: { type: 'string', default: '50' },
    messages: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const task = {
  kills: wholeNumber('kills', values.kills),
  outages: wholeNumber('outages', values.outages),
  messages: wholeNumber('messages', values.messages),
  seed: wholeNumber('seed', values.seed),
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not "${text}"`)
  return Number(text)
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())

const isTerminal = process.stderr.isTTY === true
const proof = await proveExactness(
  task,
  ({ kills, outages, accepted }) => {
    if (isTerminal || kills % 50 === 0)
      process.stderr.write(
        `${isTerminal ? '\r' : ''}killed ${kills} of ${task.kills}, bridge down ${outages} of ${task.outages}, ` +
          `accepted ${accepted} of ${task.messages}${isTerminal ? '' : '\n'}`,
      )
  },
  stopping.signal,
)
const { tried, survived, lost, doubled, unsaid, newest, countedUpTo } = proof
const isExact = lost === 0 && doubled === 0 && countedUpTo === newest
if (isTerminal) process.stderr.write('\n')
process.stdout.write(
  values.json
    ? `${JSON.stringify(proof)}\n`
    : `${tried} messages accepted through ${proof.kills} kills and ${proof.outages} outages: ${survived} in the bridge's records, ` +
        `${lost} lost, ${doubled} doubled\n` +
        `${unsaid} more were on the disk when the sender died before it could say so; numbers 1 to ${newest}, counted up to ${countedUpTo}\n`,
)
process.exitCode = isExact ? 0 : 1
