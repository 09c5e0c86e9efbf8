import { setTimeout as sleep } from 'node:timers/promises'
import { openOutgoing } from './outgoing.ts'

// One life of the box's media queue and its way out: `sender.ts STATE-FOLDER BRIDGE-URL`. Says `started`, sends what waits, says
// `empty` when nothing does, and lives until it is killed.
const [stateDir = '', bridgeUrl = ''] = process.argv.slice(2)
const say = (event: string) => process.stdout.write(`${JSON.stringify({ event })}\n`)

using outgoing = await openOutgoing(stateDir, bridgeUrl, ({ message }) => process.stderr.write(`${message}\n`))
say('started')
const running = outgoing.egress.run(new AbortController().signal)
while (outgoing.egress.queued().items > 0) await sleep(5)
say('empty')
await running
