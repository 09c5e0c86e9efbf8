import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { Aedes } from 'aedes'
import { systemClock } from '../base/clock.ts'
import { type Logger, silentLogger } from '../base/logger.ts'
import { Secret } from '../base/secret.ts'
import { Envelope } from '../protocol/envelope.ts'
import { Status } from '../protocol/status.ts'
import { parseTopic } from '../protocol/topics.ts'
import { Spool } from '../spool/spool.ts'
import { openDoor } from './broker-door.testing.ts'
import type { DownHandlers } from './inbox.ts'
import { runTransport, type TransportLimits, type TransportState } from './transport.ts'
import { until } from './until.testing.ts'

const AGENT = 'agentaaaaaaaaaaa'
const TOKEN = 'this-token-is-never-to-be-seen-anywhere'
const NAMES = { clientId: AGENT, username: AGENT, password: new Secret(TOKEN) }
const ACCESS = { ...NAMES, protocolVersion: 4, tls: undefined } as const
const TOP = `lenscap/v1/${AGENT}`

/** A broker with the bridge's manners: commits numbered messages once and acknowledges them, unless told not to. */
async function broker(t: TestContext) {
  const seen = {
    acking: true,
    refuse: false,
    committed: new Map<string, number[]>(),
    twice: 0,
    statuses: [] as boolean[],
    replies: [] as string[],
  }
  const down = (path: string, payload: unknown, retain = true) =>
    new Promise<void>((resolve) =>
      aedes.publish(
        { cmd: 'publish', topic: `${TOP}/${path}`, payload: JSON.stringify(payload), qos: 1, retain, dup: false },
        () => resolve(),
      ),
    )
  const ack = (stream: string) => {
    const numbers = seen.committed.get(stream) ?? []
    const upTo = numbers.findIndex((seq, index) => seq !== index + 1)
    const all = numbers.length
    return down('ack', { v: 1, at: Date.now(), seq: 0, stream, upTo: upTo < 0 ? all : upTo, ahead: [] })
  }
  const aedes = await Aedes.createBroker({
    authenticate: (_, username, password, done) =>
      done(null, !seen.refuse && username === AGENT && password?.toString() === TOKEN),
    authorizePublish: (_, packet, done) => {
      const name = parseTopic('lenscap/v1', packet.topic)?.name
      const json: unknown = JSON.parse(packet.payload.toString())
      if (name === 'status') seen.statuses.push(Status.parse(json).online)
      else if (name === 'reply') seen.replies.push(packet.payload.toString())
      else commit(Envelope.parse(json))
      done()
    },
  })
  function commit({ stream = '', seq }: Envelope) {
    const numbers = seen.committed.get(stream) ?? []
    seen.committed.set(stream, numbers)
    if (numbers.includes(seq)) seen.twice += 1
    else numbers.push(seq)
    if (seen.acking) void ack(stream)
  }
  const { url: mqttUrl, cut, connections } = await openDoor(t, aedes)
  return { seen, down, ack, cut, connections, mqttUrl }
}

interface BoxOptions {
  readonly settledBy?: 'bridge' | 'broker'
  readonly handlers?: Partial<DownHandlers>
  readonly limits?: Partial<TransportLimits>
  readonly logger?: Logger
}

function box(t: TestContext, mqttUrl: string, options: BoxOptions = {}) {
  const path = join(mkdtempSync(join(tmpdir(), 'lenscap-transport-')), 'spool.db')
  const spool = new Spool({ path, clock: systemClock, logger: silentLogger })
  const stop = new AbortController()
  const states: TransportState[] = []
  const facts = { version: '1.0.0', uptimeS: 1, cap: false }
  const running = runTransport({
    identity: { agent: AGENT, prefix: 'lenscap/v1' },
    broker: { ...ACCESS, url: mqttUrl },
    settledBy: options.settledBy ?? 'bridge',
    spool,
    status: () => ({ ...facts, spool: spool.depth() }),
    handlers: {
      onGrant: () => {},
      onCommand: async () => ({ ok: true, message: 'done' }),
      ...options.handlers,
    },
    onState: (state) => states.push(state),
    clock: systemClock,
    random: Math.random,
    logger: options.logger ?? silentLogger,
    signal: stop.signal,
    limits: { ackGraceMs: 50, retry: { firstDelayMs: 20, delayMsMax: 50, steadyAfterMs: 1000 }, ...options.limits },
  })
  const end = async () => {
    stop.abort()
    await running
    spool[Symbol.dispose]()
  }
  t.after(end)
  const append = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        spool.append({ name: 'activity', body: { kind: 'camera-discovered', message: `message ${i}` } }),
      ),
    )
  return { spool, states, facts, end, append, signal: stop.signal }
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

describe('the transport', () => {
  it('drains the spool in order, each message once, and trims what the bridge acknowledged', async (t) => {
    const { seen, mqttUrl } = await broker(t)
    const { spool, append } = box(t, mqttUrl)
    await append(500)
    await until('the spool is empty', () => spool.depth().messages === 0)
    assert.deepEqual(seen.committed.get(spool.stream), range(500))
    assert.equal(seen.twice, 0)
  })

  it('trims nothing without an acknowledgement, sends again, and goes on once it comes', async (t) => {
    const { seen, mqttUrl, ack } = await broker(t)
    seen.acking = false
    const { spool, append, end } = box(t, mqttUrl, { limits: { ackTimeoutMs: 100, unackedMax: 20 } })
    await append(30)
    await until('it sent again', () => seen.twice >= 20)
    assert.deepEqual(seen.committed.get(spool.stream), range(20), 'no more than unackedMax is sent ahead')
    assert.equal(spool.depth().messages, 30)
    seen.acking = true
    await ack(spool.stream)
    await until('the spool is empty', () => spool.depth().messages === 0)
    assert.deepEqual(seen.committed.get(spool.stream), range(30))
    await end()
  })

  it('loses nothing and mixes up nothing while the connection is cut again and again', async (t) => {
    const { seen, mqttUrl, cut } = await broker(t)
    const { spool, append } = box(t, mqttUrl, { limits: { windowMax: 8 } })
    for (let round = 1; round <= 5; round++) {
      const before = seen.committed.get(spool.stream)?.length ?? 0
      await append(100)
      await until('some arrived', () => (seen.committed.get(spool.stream)?.length ?? 0) > before + 20)
      cut()
    }
    await until('the spool is empty', () => spool.depth().messages === 0)
    assert.deepEqual(seen.committed.get(spool.stream), range(500))
  })

  it("forgets by the broker's word where there is no bridge, and obeys nobody there", async (t) => {
    const { seen, mqttUrl, down } = await broker(t)
    seen.acking = false
    const done: string[] = []
    const onCommand: DownHandlers['onCommand'] = async ({ name }) => {
      done.push(name)
      return { ok: true, message: '' }
    }
    const { spool, append, states } = box(t, mqttUrl, { settledBy: 'broker', handlers: { onCommand } })
    await until('connected', () => states.at(-1)?.connected === true)
    const expires = Date.now() + 60_000
    await down('cmd/idaaaaaaaa', { v: 1, at: Date.now(), seq: 0, name: 'reset', expires }, false)
    await append(300)
    await until('the spool is empty', () => spool.depth().messages === 0)
    assert.deepEqual(seen.committed.get(spool.stream), range(300))
    assert.deepEqual(done, [])
  })

  it('leaves nothing behind of a connection that has ended', async (t) => {
    const { mqttUrl, cut } = await broker(t)
    const { states, signal } = box(t, mqttUrl)
    const connects = () => states.filter(({ connected }) => connected).length
    const listeners: number[] = []
    for (let round = 1; round <= 4; round++) {
      await until('connected', () => connects() === round && states.at(-1)?.connected === true)
      listeners.push(getEventListeners(signal, 'abort').length)
      cut()
    }
    assert.ok(Math.max(...listeners) <= Number(listeners[0]) + 2, `listeners on the long-lived signal: ${listeners}`)
  })

  it('begins a new stream where the bridge knows numbers that the box has not given out', async (t) => {
    const { seen, mqttUrl, down } = await broker(t)
    const { spool, append } = box(t, mqttUrl)
    const former = spool.stream
    await down('ack', { v: 1, at: Date.now(), seq: 0, stream: former, upTo: 7, ahead: [[9, 9]] })
    await until('a new stream began', () => spool.stream !== former)
    await append(3)
    await until('the spool is empty', () => spool.depth().messages === 0)
    assert.deepEqual(seen.committed.get(spool.stream), range(3))
  })

  it('is online after each connect, offline by its will after a cut, and says goodbye when stopped', async (t) => {
    const { seen, mqttUrl, cut, connections } = await broker(t)
    const { states, end } = box(t, mqttUrl)
    await until('connected', () => states.at(-1)?.connected === true)
    cut()
    await until('connected again', () => states.filter((state) => state.connected).length === 2)
    assert.deepEqual(seen.statuses.toSorted(), [false, true, true])
    await end()
    assert.equal(seen.statuses.at(-1), false)
    assert.equal(states.at(-1)?.connected, false)
    await until('the connection is closed', () => connections() === 0)
  })

  it('tells within moments that the cap went on', async (t) => {
    const { seen, mqttUrl } = await broker(t)
    const { facts, states } = box(t, mqttUrl)
    await until('connected', () => states.at(-1)?.connected === true)
    const before = seen.statuses.length
    facts.cap = true
    await until('told', () => seen.statuses.length > before, 2000)
  })

  it('hands on grants, does commands once, and lets junk fall', async (t) => {
    const { seen, mqttUrl, down } = await broker(t)
    const grants: unknown[] = []
    const done: string[] = []
    const handlers: DownHandlers = {
      onGrant: (grant) => {
        grants.push(grant)
        throw new Error('this one does not count')
      },
      onCommand: async (command) => {
        done.push(command.name)
        if (command.name === 'reset') throw new Error('no reset today')
        return { ok: true, message: 'done' }
      },
    }
    const { states, end } = box(t, mqttUrl, { handlers })
    await until('connected', () => states.at(-1)?.connected === true)
    const envelope = { v: 1, at: Date.now(), seq: 0 }
    const expires = Date.now() + 60_000
    await down('grant', { ...envelope, grant: { document: 'e30', signature: 'A'.repeat(86) } })
    await down('ack', { upTo: 'everything' })
    await down('cmd/idaaaaaaaa', { ...envelope, name: 'format-the-disk', expires }, false)
    await down('cmd/idbbbbbbbb', { ...envelope, name: 'refresh', expires: Date.now() - 1 }, false)
    for (let i = 0; i < 2; i++) await down('cmd/idcccccccc', { ...envelope, name: 'refresh', expires }, false)
    await down('cmd/iddddddddd', { ...envelope, name: 'reset', expires }, false)
    await until('both are answered', () => seen.replies.length === 2)
    assert.equal(grants.length, 1)
    assert.deepEqual(done, ['refresh', 'reset'])
    assert.match(seen.replies[1] ?? '', /"ok":false,"message":"no reset today"/)
    await end()
    assert.equal(states.at(-1)?.junk, 2)
  })

  it('leaves a broker alone that refuses its token, and never shows the token', async (t) => {
    const { seen, mqttUrl } = await broker(t)
    seen.refuse = true
    const lines: unknown[] = []
    const note = (facts: object, message: string) => lines.push(facts, message)
    const logger = { debug: note, info: note, warn: note, error: note }
    const { states, end } = box(t, mqttUrl, { logger, limits: { refusedDelayMs: 60_000 } })
    await until('refused', () => states.length > 0)
    assert.match(String(states[0]?.error), /refuses this box's token/)
    await systemClock.sleep(100)
    assert.equal(states.length, 1, 'no second attempt within the delay')
    await end()
    assert.equal(inspect([states, lines], { depth: 12, showHidden: true }).includes(TOKEN), false)
  })

  it('stops at once while nothing answers', async (t) => {
    const mute = createServer()
    await once(mute.listen(0, '127.0.0.1'), 'listening')
    t.after(() => mute.close())
    const address = mute.address()
    const { end } = box(t, `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
    const connected = once(mute, 'connection')
    await connected
    const startedMs = Date.now()
    await end()
    assert.ok(Date.now() - startedMs < 8000, 'not only when connecting takes too long')
  })
})
