import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import mqtt, { type IClientOptions } from 'mqtt'
import { silentLogger } from '../../agent/base/logger.ts'
import { Broker, type BrokerDeps } from './broker.ts'

const AGENT = 'agentaaaaaaaaaaa'
const GOOD: IClientOptions = { username: AGENT, password: 'right', reconnectPeriod: 0 }

async function listen(t: TestContext, over: Partial<BrokerDeps> = {}) {
  const deps: BrokerDeps = {
    prefix: 'lenscap/v1',
    logger: silentLogger,
    connectionsMax: 10,
    authenticate: async (agent, token) => (token === 'right' ? { agent, account: 'accountaaaaaaaaa' } : undefined),
    accept: async () => {},
    onListening: () => {},
    onGone: () => {},
    ...over,
  }
  const broker = await Broker.listen(deps, { host: '127.0.0.1', port: 0, option: '--mqtt-port' })
  t.after(() => broker[Symbol.asyncDispose]())
  return { broker, url: `mqtt://127.0.0.1:${broker.port}` }
}

async function join(t: TestContext, url: string, options: IClientOptions = GOOD) {
  const client = await mqtt.connectAsync(url, options)
  t.after(() => client.endAsync(true))
  client.on('error', () => {})
  return client
}

describe('the broker', () => {
  it('takes no more connections than it may', async (t) => {
    const { broker, url } = await listen(t, { connectionsMax: 1 })
    await join(t, url)
    const second = connect(broker.port, '127.0.0.1').on('error', () => {})
    await once(second, 'close')
    assert.equal(broker.connections, 1)
  })

  it('takes no connection without a keep-alive, nor one that stays silent for hours', async (t) => {
    const { url } = await listen(t)
    for (const keepalive of [0, 1201]) {
      await assert.rejects(mqtt.connectAsync(url, { ...GOOD, keepalive }), Error, String(keepalive))
    }
    await join(t, url, { ...GOOD, keepalive: 1200 })
  })

  it('gives a stranger 16 KB, and a device the largest message', async (t) => {
    const { broker, url } = await listen(t)
    const stranger = connect(broker.port, '127.0.0.1').on('error', () => {})
    // CONNECT that announces 16,385 bytes.
    stranger.write(Buffer.from([0x10, 0x81, 0x80, 0x01]))
    await once(stranger, 'close')
    const device = await join(t, url)
    await device.publishAsync(`lenscap/v1/${AGENT}/activity`, 'x'.repeat(262_144), { qos: 1 })
  })

  it('cuts who speaks no MQTT, or something else before CONNECT', async (t) => {
    const { broker } = await listen(t)
    const publish = Buffer.from([0x30, 3, 0, 1, 0x61])
    for (const junk of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(64, 0xff), publish]) {
      const socket = connect(broker.port, '127.0.0.1').on('error', () => {})
      socket.write(junk)
      await once(socket, 'close')
    }
  })

  it('lets a device subscribe to its own three topics, and serves each once a connection', async (t) => {
    const listening: string[] = []
    const { url } = await listen(t, { onListening: (_, name) => listening.push(name) })
    const device = await join(t, url)
    const mine = ['cmd/+', 'ack', 'grant'].map((path) => `lenscap/v1/${AGENT}/${path}`)
    for (let round = 0; round < 3; round += 1) await device.subscribeAsync(mine)
    const many = Array.from({ length: 500 }, (_, n) => `lenscap/v1/${AGENT}/x${n}`)
    await assert.rejects(device.subscribeAsync(many))
    assert.deepEqual(listening, ['command', 'ack', 'grant'])
  })

  it('lets go of a device that does not read what it is sent', async (t) => {
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    const { broker, url } = await listen(t, { onGone: () => resolve() })
    const device = await join(t, url)
    await device.subscribeAsync(`lenscap/v1/${AGENT}/grant`)
    device.stream.pause()
    const grant = { document: 'x'.repeat(262_000), signature: 'x'.repeat(86) }
    let sent = 0
    // Loopback's own buffers hold a few megabytes; what is kept above them is bounded.
    while (broker.send(AGENT, 'grant', { v: 1, at: 0, seq: 0, grant }) && sent < 1000) {
      sent += 1
      await new Promise((next) => setImmediate(next))
    }
    assert.ok(sent < 100, `${sent} times 262 KB`)
    await gone
    assert.equal(broker.connections, 0)
  })
})
