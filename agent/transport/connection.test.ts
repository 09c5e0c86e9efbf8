import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createWebServer } from 'node:http'
import { createServer as createSecureWebServer } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { Aedes } from 'aedes'
import { Secret } from '../base/secret.ts'
import { BOX, BROKER, ELSEWHERE, OUR_CA, STRANGER } from './certificates.testing.ts'
import { type ConnectionOptions, openConnection } from './connection.ts'
import type { TlsOptions } from './streams.ts'
import { acceptWebSocket } from './web-socket.testing.ts'

interface Manners {
  readonly scheme: 'mqtt' | 'mqtts' | 'ws' | 'wss'
  readonly keys?: { readonly cert: string; readonly key: string }
  readonly mutual?: boolean
}

/** A broker that counts who said CONNECT to it. */
async function broker(t: TestContext, { scheme, keys = BROKER, mutual = false }: Manners) {
  const seen = { connects: 0, published: [] as string[] }
  const aedes = await Aedes.createBroker({
    preConnect: (_, __, done) => {
      seen.connects += 1
      done(null, true)
    },
    authorizePublish: (client, { payload }, done) => {
      if (client) seen.published.push(String(payload))
      done()
    },
  })
  const tls = { ...keys, ...(mutual && { ca: OUR_CA, requestCert: true, rejectUnauthorized: true }) }
  const servers = {
    mqtt: () => createServer(aedes.handle),
    mqtts: () => createTlsServer(tls, aedes.handle),
    ws: () => createWebServer(),
    wss: () => createSecureWebServer(tls),
  }
  const server: Server = servers[scheme]()
  server.on('upgrade', (request, socket) => aedes.handle(acceptWebSocket(request, socket)))
  return { seen, url: `${scheme}://127.0.0.1:${await portOf(t, server, () => aedes.close())}` }
}

async function portOf(t: TestContext, server: Server, after: () => void = () => {}): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    after()
  })
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** A server that answers each chunk with what the script says: MQTT 5, which the broker above does not speak. */
async function scripted(t: TestContext, ...answers: readonly (readonly number[] | Buffer)[]): Promise<string> {
  const server = createServer((socket) => {
    const left = [...answers]
    socket.on('data', () => {
      const next = left.shift()
      if (next) socket.write(Buffer.from(next))
    })
  })
  return `mqtt://127.0.0.1:${await portOf(t, server)}`
}

const connect = (url: string, tls?: TlsOptions, more: Partial<ConnectionOptions> = {}) =>
  openConnection({
    url,
    clientId: 'agentaaaaaaaaaaa',
    username: 'box',
    password: new Secret('never-to-be-seen'),
    protocolVersion: 4,
    tls,
    connectTimeoutMs: 5000,
    keepaliveS: 30,
    will: { topic: 'a/status', payload: 'gone' },
    onMessage: () => {},
    signal: new AbortController().signal,
    ...more,
  })

const fingerprintOf = (cert: string) => new X509Certificate(cert).fingerprint256

describe('the connection', () => {
  for (const [scheme, tls, mutual] of [
    ['mqtt', undefined, false],
    ['ws', undefined, false],
    ['mqtts', { ca: OUR_CA }, false],
    ['wss', { ca: OUR_CA }, false],
    ['mqtts', { ca: OUR_CA, ...BOX }, true],
    ['wss', { ca: OUR_CA, ...BOX }, true],
    ['mqtts', { ca: OUR_CA, fingerprint: fingerprintOf(BROKER.cert) }, false],
    ['wss', { ca: OUR_CA, fingerprint: fingerprintOf(BROKER.cert) }, false],
  ] satisfies [Manners['scheme'], TlsOptions | undefined, boolean][]) {
    const how = `${tls ? Object.keys(tls).join(', ') : 'nothing more'}${mutual ? ', which the broker demands' : ''}`
    it(`carries messages both ways over ${scheme} with ${how}`, async (t) => {
      const { seen, url } = await broker(t, { scheme, mutual })
      const heard = Promise.withResolvers<string>()
      const connection = await connect(url, tls, {
        onMessage: (topic, payload) => heard.resolve(`${topic} ${payload}`),
      })
      await connection.subscribe(['a/#'])
      await connection.publish('a/b', 'x'.repeat(20_000), false)
      assert.equal((await heard.promise).length, 20_004)
      await connection.end(2000)
      assert.equal(seen.published[0]?.length, 20_000)
    })
  }

  for (const [what, manners, tls, sentence] of [
    [
      'of a CA it does not know',
      { scheme: 'mqtts', keys: STRANGER },
      { ca: OUR_CA },
      /signed by nobody this box trusts/,
    ],
    ['of a CA it does not know', { scheme: 'wss', keys: STRANGER }, { ca: OUR_CA }, /signed by nobody this box trusts/],
    ['of a CA that the system does not know', { scheme: 'mqtts' }, undefined, /signed by nobody this box trusts/],
    ['for another name', { scheme: 'mqtts', keys: ELSEWHERE }, { ca: OUR_CA }, /for another name/],
    [
      'that is not the pinned one',
      { scheme: 'mqtts', keys: ELSEWHERE },
      { ca: OUR_CA, fingerprint: fingerprintOf(BROKER.cert) },
      /another certificate than the pinned one/,
    ],
    [
      'that is not the pinned one',
      { scheme: 'wss', keys: ELSEWHERE },
      { ca: OUR_CA, fingerprint: fingerprintOf(BROKER.cert) },
      /another certificate than the pinned one/,
    ],
  ] satisfies [string, Manners, TlsOptions | undefined, RegExp][]) {
    it(`says no word to a broker over ${manners.scheme} with a certificate ${what}`, async (t) => {
      const { seen, url } = await broker(t, manners)
      await assert.rejects(connect(url, tls), { kind: 'refused', message: sentence })
      assert.equal(seen.connects, 0)
    })
  }

  it('believes a pinned certificate although it is for another name', async (t) => {
    const { url } = await broker(t, { scheme: 'mqtts', keys: ELSEWHERE })
    const connection = await connect(url, { ca: OUR_CA, fingerprint: fingerprintOf(ELSEWHERE.cert) })
    await connection.end(2000)
  })

  it('says so where a broker wants a client certificate and gets none', async (t) => {
    const { url } = await broker(t, { scheme: 'mqtts', mutual: true })
    const sentence = /does not accept this box's certificate/
    await assert.rejects(connect(url, { ca: OUR_CA }), { kind: 'refused', message: sentence })
  })

  it("is not let in by a broker that wants a client certificate and gets a stranger's", async (t) => {
    const { seen, url } = await broker(t, { scheme: 'mqtts', mutual: true })
    await assert.rejects(connect(url, { ca: OUR_CA, ...STRANGER }))
    assert.equal(seen.connects, 0)
  })

  it('is cut with a clear reason when the broker begins a frame that is too large', async (t) => {
    const hugePublish = [0x30, 0xff, 0xff, 0xff, 0x7f]
    const url = await scripted(t, Buffer.from([0x20, 2, 0, 0]), hugePublish)
    const connection = await connect(url)
    const publishing = connection.publish('a', 'b', false)
    const reason = await connection.ended
    assert.equal(reason.kind, 'limit')
    assert.match(reason.message, /connection was cut: the broker began a frame of at least \d+ bytes/)
    await assert.rejects(publishing, { kind: 'limit' })
  })

  for (const [code, version, kind, sentence] of [
    [4, 4, 'refused', /refuses the user name or the password/],
    [5, 4, 'refused', /access list/],
    [3, 4, 'busy', /not available now/],
    [132, 5, 'unsupported', /does not speak this version of MQTT/],
    [134, 5, 'refused', /refuses the user name or the password/],
    [135, 5, 'refused', /access list/],
    [138, 5, 'refused', /banned/],
    [151, 5, 'busy', /quota/],
    [159, 5, 'busy', /fewer new connections/],
  ] as const) {
    it(`turns a CONNACK with ${code} into a sentence`, async (t) => {
      const url = await scripted(t, version === 5 ? [0x20, 3, 0, code, 0] : [0x20, 2, 0, code])
      await assert.rejects(connect(url, undefined, { protocolVersion: version }), { kind, message: sentence })
    })
  }

  it('speaks MQTT 5: heeds how much the broker takes at once, and says why it was let go', async (t) => {
    const connackWithReceiveMaximum9 = [0x20, 6, 0, 0, 3, 0x21, 0, 9]
    const disconnectTakenOver = [0xe0, 2, 142, 0]
    const url = await scripted(t, connackWithReceiveMaximum9, disconnectTakenOver)
    const connection = await connect(url, undefined, { protocolVersion: 5 })
    assert.equal(connection.inFlightMax, 9)
    const publishing = connection.publish('a', 'b', false, 60)
    assert.match((await connection.ended).message, /Another program connects with the same client id/)
    await assert.rejects(publishing)
  })

  it('says in words why a broker of MQTT 5 refuses a message', async (t) => {
    const connack = [0x20, 3, 0, 0, 0]
    const quotaExceededForMessage = (id: number) => [0x40, 4, id >> 8, id & 255, 151, 0]
    const received = Promise.withResolvers<Buffer>()
    const server = createServer((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from(connack))
        socket.once('data', (publish: Buffer) => {
          received.resolve(publish)
          // Type and length, the topic "a" with its length, then the message's id.
          socket.write(Buffer.from(quotaExceededForMessage(publish.readUInt16BE(5))))
        })
      })
    })
    const connection = await connect(`mqtt://127.0.0.1:${await portOf(t, server)}`, undefined, { protocolVersion: 5 })
    await assert.rejects(connection.publish('a', 'b', false, 60), { kind: 'busy', message: /quota/ })
    assert.ok((await received.promise).includes(Buffer.from([2, 0, 0, 0, 60])), 'the message expiry interval')
    connection.cut()
  })

  it('names a port where nothing listens, and an address that is none', async () => {
    await assert.rejects(connect('mqtt://127.0.0.1:1'), { kind: 'unreachable', message: /Nothing listens/ })
    await assert.rejects(connect('http://127.0.0.1:1'), { kind: 'invalid', message: /must begin with mqtt/ })
  })
})
