import { parseArgs } from 'node:util'
import { openOutgoing } from '../../backlog/outgoing.ts'

// Sends what waits on a box by the agent's own egress: `agent-upload STATE-FOLDER BRIDGE-URL`. Prints `{tookMs}` when the
// bridge has taken all of it, and ends.
const [stateDir = '', bridgeUrl = ''] = parseArgs({ allowPositionals: true }).positionals
const stop = new AbortController()
using outgoing = await openOutgoing(stateDir, bridgeUrl, ({ kind, message }) => {
  if (kind !== 'upload-done') throw new Error(message)
  if (outgoing.egress.queued().items === 0) stop.abort()
})
const begun = performance.now()
await outgoing.egress.run(stop.signal)
const { user, system } = process.cpuUsage()
process.stdout.write(`${JSON.stringify({ tookMs: performance.now() - begun, cpuMs: (user + system) / 1000 })}\n`)
