import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import mqtt from 'mqtt'
import { LenscapError } from '../../agent/base/errors.ts'
import { silentLogger } from '../../agent/base/logger.ts'
import { Broker, type BrokerDeps } from './broker.ts'

const AGENT = 'agentaaaaaaaaaaa'
const TOPIC = `lenscap/v1/${AGENT}/activity`

const DEPS: BrokerDeps = {
  prefix: 'lenscap/v1',
  logger: silentLogger,
  connectionsMax: 10,
  authenticate: async (agent, token) => (token === 'right' ? { agent, account: 'accountaaaaaaaaa' } : undefined),
  accept: async () => {},
  onListening: () => {},
  onGone: () => {},
}

async function house(t: TestContext, over: Partial<BrokerDeps> = {}) {
  const broker = await Broker.listen({ ...DEPS, ...over }, { host: '127.0.0.1', port: 0, option: '--mqtt-port' })
  t.after(() => broker[Symbol.asyncDispose]())
  const url = `mqtt://127.0.0.1:${broker.port}`
  const client = await mqtt.connectAsync(url, { username: AGENT, password: 'right', reconnectPeriod: 0 })
  t.after(() => client.endAsync(true))
  client.on('error', () => {})
  return { broker, client }
}

describe('a publish', () => {
  it('is acknowledged when it is accepted, not before', async (t) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { client } = await house(t, { accept: () => promise })
    const order: string[] = []
    const published = client.publishAsync(TOPIC, '{}', { qos: 1 }).then(() => order.push('PUBACK'))
    // A round trip later the broker has long had it.
    await client.subscribeAsync(`lenscap/v1/${AGENT}/ack`)
    order.push('accepted')
    resolve()
    await published
    assert.deepEqual(order, ['accepted', 'PUBACK'])
  })

  it('that could not be taken ends the connection, so that the box sends it again', async (t) => {
    const { client } = await house(t, { accept: () => Promise.reject(new LenscapError('storage', 'Disk full')) })
    const closed = new Promise<string>((resolve) => client.once('close', () => resolve('closed')))
    const answered = client.publishAsync(TOPIC, '{}', { qos: 1 }).then(
      () => 'PUBACK',
      () => closed,
    )
    assert.equal(await Promise.race([closed, answered]), 'closed')
  })

  it('of QoS 2 is refused', async (t) => {
    const { client } = await house(t)
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    client.publish(TOPIC, '{}', { qos: 2 })
    await closed
  })
})

describe('the listener', () => {
  it('says which option helps when the port is taken', async (t) => {
    const { broker } = await house(t)
    const attempt = Broker.listen(DEPS, { host: '127.0.0.1', port: broker.port, option: '--mqtt-port' })
    await assert.rejects(attempt, { kind: 'busy', message: /is taken: choose another with --mqtt-port/ })
  })

  it('stops although somebody keeps a connection open', async (t) => {
    const { broker, client } = await house(t)
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    await broker[Symbol.asyncDispose]()
    await closed
    assert.equal(broker.connections, 0)
  })
})
