import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Aedes } from 'aedes'
import { systemClock } from '../agent/base/clock.ts'
import { openDatabase } from '../agent/base/database.ts'
import { silentLogger } from '../agent/base/logger.ts'
import { Secret } from '../agent/base/secret.ts'
import { Journal } from '../agent/cli/journal.ts'
import type { Sighting } from '../agent/discovery/sighting.ts'
import { Inventory } from '../agent/inventory/inventory.ts'
import { INVENTORY_TABLES } from '../agent/inventory/tables.ts'
import { Activity } from '../agent/protocol/activity.ts'
import { Envelope } from '../agent/protocol/envelope.ts'
import { parseTopic } from '../agent/protocol/topics.ts'
import { Spool } from '../agent/spool/spool.ts'
import { openDoor } from '../agent/transport/broker-door.testing.ts'
import { runTransport } from '../agent/transport/transport.ts'
import { until } from '../agent/transport/until.testing.ts'

const AGENT = 'agentaaaaaaaaaaa'
const DEADLINE_MS = 30_000
/** As small as any broker's limit is set; the usual inventory is a tenth of it. */
const BROKER_BYTES_MAX = 16_384

/** A camera that tells as much of itself as may be told, in characters of which each costs six bytes of JSON, or one. */
async function talker(t: TestContext, character: string): Promise<Sighting> {
  const long = (length: number, i: number) => `${i}${character.repeat(length - String(i).length)}`
  const many = (count: number, make: (i: number) => string) => Array.from({ length: count }, (_, i) => make(i)).join('')
  const says: Record<string, string> = {
    GetServices: many(64, (i) => `<Service><Namespace>${long(256, i)}</Namespace></Service>`).concat(
      '<Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace><XAddr>http://192.0.2.1/m</XAddr></Service>',
    ),
    GetScopes: many(64, (i) => `<Scopes><ScopeItem>${long(256, i)}</ScopeItem></Scopes>`),
    GetNTP: `<NTPInformation>${many(8, (i) => `<NTPManual><DNSname>${long(256, i)}</DNSname></NTPManual>`)}</NTPInformation>`,
    GetProfiles: many(
      32,
      (i) =>
        `<Profiles token="${long(128, i)}"><Name>${long(128, i)}</Name><VideoEncoderConfiguration><Encoding>${long(32, i)}</Encoding></VideoEncoderConfiguration></Profiles>`,
    ),
  }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const operation = /<s:Body[^>]*><(\w+)/.exec(body)?.[1] ?? ''
    const answer = `<${operation}Response>${says[operation] ?? ''}</${operation}Response>`
    response.end(`<Envelope><Body>${answer}</Body></Envelope>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const place = server.address()
  const port = typeof place === 'object' && place ? place.port : 0
  const told = { endpoint: '', types: [], scopes: [], xaddrs: [], via: 'unicast' as const }
  return { ...told, address: '127.0.0.1', port, path: '/onvif/device_service', https: false }
}

/** A broker of MQTT 3.1.1 that cuts whoever sends it more than it takes, without a word, and acknowledges the rest. */
async function narrowBroker(t: TestContext) {
  const arrived: { name: string; seq: number; payload: string }[] = []
  const aedes: Aedes = await Aedes.createBroker({
    authorizePublish: (client, packet, done) => {
      if (packet.payload.length > BROKER_BYTES_MAX) {
        client?.close()
        return
      }
      const payload = packet.payload.toString()
      const { seq } = Envelope.parse(JSON.parse(payload))
      arrived.push({ name: parseTopic('lenscap/v1', packet.topic)?.name ?? '', seq, payload })
      done()
    },
  })
  const { url } = await openDoor(t, aedes)
  return { arrived, url }
}

/** What the agent's rooms make of such a camera, from its answers to what arrives at the broker. */
async function tell(t: TestContext, character: string) {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-oversize-'))
  const spool = new Spool({ path: join(folder, 'spool.db'), clock: systemClock, logger: silentLogger })
  const db = openDatabase(join(folder, 'state.db'), [INVENTORY_TABLES])
  const stop = new AbortController()
  const { arrived, url } = await narrowBroker(t)
  const running = runTransport({
    identity: { agent: AGENT, prefix: 'lenscap/v1' },
    broker: { url, clientId: AGENT, username: AGENT, password: new Secret('x'), protocolVersion: 4, tls: undefined },
    settledBy: 'broker',
    spool,
    status: () => ({ version: '1.0.0', uptimeS: 1, cap: false, spool: spool.depth() }),
    handlers: { onGrant: () => {}, onCommand: async () => ({ ok: true, message: '' }) },
    onState: () => {},
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    signal: stop.signal,
    limits: { retry: { firstDelayMs: 5, delayMsMax: 20, steadyAfterMs: 1000 } },
  })
  t.after(async () => {
    stop.abort()
    await running
    spool[Symbol.dispose]()
    db.close()
    rmSync(folder, { recursive: true })
  })
  const journal = new Journal(spool, silentLogger)
  const inventory = new Inventory({ db, credentials: [], clock: systemClock })
  const cameras: string[] = []
  for await (const news of inventory.refresh([await talker(t, character)], stop.signal)) {
    assert.equal(news.kind, 'camera')
    if (news.kind !== 'camera') continue
    cameras.push(news.camera)
    journal.tell({ name: 'camera-info', id: news.camera, body: { info: news.facts } })
  }
  journal.activity('cap-on', 'What comes behind it')
  await until('all has left', () => spool.newest >= 2 && spool.depth().messages === 0, DEADLINE_MS)
  // What the broker did not confirm comes twice.
  const bySeq = new Map(arrived.filter(({ seq }) => seq > 0).map((each) => [each.seq, each]))
  const numbered = [...bySeq.values()].toSorted((a, b) => a.seq - b.seq)
  const activities = numbered.flatMap(({ name, payload }) =>
    name === 'activity' ? [Activity.parse(JSON.parse(payload))] : [],
  )
  return { camera: cameras[0] ?? '', numbers: numbered.map(({ seq }) => seq), activities }
}

test('an inventory that the broker takes in no way is told in a notice, and what is behind it arrives', async (t) => {
  const { camera, numbers, activities } = await tell(t, 'x')
  assert.deepEqual(numbers, [1, 2])
  assert.equal(activities[0]?.kind, 'messages-dropped')
  assert.match(
    activities[0]?.message ?? '',
    new RegExp(`camera-info message of camera ${camera} with \\d{5} bytes was set aside`),
  )
  assert.equal(activities[1]?.message, 'What comes behind it')
})

test('an inventory larger than any message may be is told in a notice, and what is behind it arrives', async (t) => {
  const { camera, numbers, activities } = await tell(t, '&#1;')
  assert.deepEqual(numbers, [1, 2])
  assert.equal(activities[0]?.kind, 'messages-dropped')
  assert.match(
    activities[0]?.message ?? '',
    new RegExp(`camera-info message of camera ${camera} was not kept: it says more`),
  )
  assert.equal(activities[1]?.message, 'What comes behind it')
})
