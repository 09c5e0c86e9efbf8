import { join } from 'node:path'
import { systemClock } from '../../agent/base/clock.ts'
import { silentLogger } from '../../agent/base/logger.ts'
import { Spool } from '../../agent/spool/spool.ts'
import { loadIdentity } from '../../agent/transport/identity.ts'
import { runTransport } from '../../agent/transport/transport.ts'

// One life of the box's queue and its way out: `sender.ts STATE-FOLDER LIFE FIRST COUNT`. Says each number when it is on the
// disk, and lives until it is killed. What it says is written at once: a number that was said has been accepted.
const [stateDir = '', life = '', first = '1', count = '0'] = process.argv.slice(2)

const { claimed } = await loadIdentity(stateDir)
if (!claimed) throw new Error(`The box in ${stateDir} is not claimed yet`)
const spool = new Spool({ path: join(stateDir, 'spool.db'), clock: systemClock, logger: silentLogger })

const transport = runTransport({
  identity: claimed,
  broker: {
    ...{ url: claimed.mqttUrl, clientId: claimed.agent, username: claimed.agent, password: claimed.token },
    ...{ protocolVersion: 4, tls: undefined },
  },
  settledBy: 'bridge',
  spool,
  status: () => ({ version: '0.0.0', uptimeS: 0, cap: true, spool: spool.depth() }),
  handlers: {
    onGrant() {},
    async onCommand() {
      return { ok: false, message: 'Only a sender of numbers' }
    },
  },
  onState() {},
  clock: systemClock,
  random: Math.random,
  logger: silentLogger,
  signal: new AbortController().signal,
  // Lives are short here: what a box does within minutes must fit into them.
  limits: { retry: { firstDelayMs: 50, delayMsMax: 500, steadyAfterMs: 1000 }, ackGraceMs: 50, ackTimeoutMs: 1000 },
})

const last = Number(first) + Number(count) - 1
for (let number = Number(first); number <= last; number += 1) {
  await spool.append({ name: 'activity', body: { kind: 'agent-started', message: `${number} ${life}` } })
  process.stdout.write(`${number}\n`)
}
await transport
