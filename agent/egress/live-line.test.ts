import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type WebSocket, WebSocketServer } from 'ws'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { silentLogger } from '../base/logger.ts'
import { Secret } from '../base/secret.ts'
import { Cap } from '../consent/cap.ts'
import { CONSENT_TABLES, Consent } from '../consent/consent.ts'
import { LATEST_TIME_TABLES } from '../consent/latest-time.ts'
import { ageRecipientOf, newAgeIdentity } from '../protocol/age.ts'
import { signGrant } from '../protocol/grant.ts'
import { LiveOpener, readLiveHead } from '../protocol/live-envelope.ts'
import { readLiveHeader } from '../protocol/live-message.ts'
import type { MediaKind } from '../protocol/media-kind.ts'
import { until } from './bed.test.ts'
import { LEDGER_TABLES, LEDGER_TOLD_TABLES, Ledger } from './ledger.ts'
import { LiveLine } from './live-line.ts'

const [AGENT, ACCOUNT, CAMERA] = ['agentaaaaaaaaaaa', 'accountaaaaaaaaa', 'cameraaaaaaaaaaa']
const SESSION = 'sessionaaaaaaaaa'
const reader = newAgeIdentity()

/** A box with an owner, its ledger, and a bridge that keeps what comes. */
async function bed(t: TestContext, waitingBytesMax?: number) {
  const state = mkdtempSync(join(tmpdir(), 'lenscap-live-'))
  const owner = generateKeyPairSync('ed25519')
  const db = openDatabase(join(state, 'state.db'), [CONSENT_TABLES, LATEST_TIME_TABLES])
  const pins = { agent: AGENT, account: ACCOUNT, grantKey: owner.publicKey }
  const consent = new Consent({ db, pins, cap: new Cap(state), clock: systemClock, onChange: () => {} })
  const books = openDatabase(join(state, 'egress.db'), [LEDGER_TABLES, LEDGER_TOLD_TABLES])
  const ledger = new Ledger(books)
  const allow = (...kinds: MediaKind[]) => {
    const ids = { account: ACCOUNT, agent: AGENT, grantedBy: ACCOUNT, serial: consent.serial + 1 }
    const cameras = [{ camera: CAMERA, kinds }]
    const recipients = [ageRecipientOf(reader)]
    const document = { v: 1, ...ids, notBefore: 0, expires: Date.now() + 60_000, cameras, recipients } as const
    consent.accept(signGrant({ ...document, cameras, recipients }, owner.privateKey))
  }
  const http = createServer()
  const server = new WebSocketServer({ server: http })
  const got = { messages: [] as Buffer[], texts: [] as string[], sockets: [] as WebSocket[], connections: 0, token: '' }
  http.on('connection', () => {
    got.connections += 1
  })
  server.on('connection', (socket, { headers }) => {
    got.sockets.push(socket)
    got.token = headers.authorization ?? ''
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) got.texts.push(data.toString())
      else got.messages.push(data)
    })
  })
  await once(http.listen(0, '127.0.0.1'), 'listening')
  const stop = new AbortController()
  const open = (kind: MediaKind = 'live') => {
    const grant = consent.grant(CAMERA, kind)
    assert.ok(grant)
    return LiveLine.open({
      ...{ grant, session: SESSION, quality: 'grid', ledger, clock: systemClock, logger: silentLogger },
      target: {
        bridgeUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
        agent: AGENT,
        token: new Secret('a token of the box'),
      },
      signal: stop.signal,
      ...(waitingBytesMax !== undefined && { waitingBytesMax }),
    })
  }
  t.after(() => {
    stop.abort()
    consent[Symbol.dispose]()
    for (const client of server.clients) client.terminate()
    server.close()
    http.close()
  })
  const rows = () => ledger.rows(0, 100).map(({ outcome, bytes, kind }) => ({ outcome, bytes, kind }))
  return { allow, consent, ledger, books, got, open, rows, server }
}

const INIT = { type: 'init', parts: [Buffer.from('init')] } as const
const piece = (type: 'key' | 'delta', text: string) => ({ type, parts: [Buffer.from(text)] })

describe('the line of a live view', () => {
  it('carries what its owner alone reads, in order, and books it', async (t) => {
    const { allow, got, open, rows, ledger } = await bed(t)
    allow('live')
    const line = await open()
    for (const each of [INIT, piece('key', 'one'), piece('delta', 'two')]) line.send(each)
    await until('all came', () => got.messages.length === 4)
    assert.equal(got.token, `Bearer ${AGENT}.a token of the box`)
    assert.equal(JSON.parse(got.texts[0] ?? '').camera, CAMERA)
    const [head, ...rest] = got.messages
    assert.ok(head)
    const opener = LiveOpener.of(readLiveHead(head), reader)
    assert.deepEqual(
      rest.map((message) => `${readLiveHeader(message).type} ${opener?.open(message)}`),
      ['init init', 'key one', 'delta two'],
    )
    assert.deepEqual(rows(), [{ outcome: 'begun', bytes: 16 * 1024 * 1024, kind: 'live' }])
    const closing = line.close()
    await until('its end came', () => got.messages.length === 5)
    const { item } = readLiveHead(head).label
    got.sockets[0]?.send(JSON.stringify({ type: 'got', item }))
    await closing
    const sent = got.messages.reduce((sum, { length }) => sum + length, 0)
    assert.deepEqual(rows()[1], { outcome: 'done', bytes: sent, kind: 'live' })
    assert.equal(ledger.verify().broken, undefined)
  })

  it('is not dialled without a grant for live view', async (t) => {
    const { allow, consent, got, open } = await bed(t)
    allow('clip')
    await assert.rejects(open('clip'), { kind: 'refused' })
    allow('live')
    const grant = consent.grant(CAMERA, 'live')
    allow()
    assert.throws(() => grant?.check(), { kind: 'refused' })
    assert.equal(got.connections, 0)
  })

  it('is cut when permission ends, and what left stands in the book', async (t) => {
    const { allow, got, open, rows } = await bed(t)
    allow('live')
    const line = await open()
    line.send(INIT)
    line.send(piece('key', 'one'))
    await until('it came', () => got.messages.length === 3)
    allow('snapshot')
    line.send(piece('delta', 'two'))
    await line.ended
    const received = got.messages.reduce((sum, { length }) => sum + length, 0)
    assert.deepEqual(rows()[1], { outcome: 'cut', bytes: received, kind: 'live' })
    await until('the bridge has lost it', () => got.sockets[0]?.readyState === 3)
    assert.equal(got.messages.length, 3)
  })

  it('leaves pictures out, up to a keyframe, where the bridge does not read; and holds no more than a bound', async (t) => {
    const { allow, got, open, server } = await bed(t, 64 * 1024)
    allow('live')
    server.once('connection', (socket) => socket.pause())
    const line = await open()
    line.send(INIT)
    const large = 'x'.repeat(100_000)
    line.send(piece('key', large))
    // More than a line and the system between hold: until nothing more is taken for a while.
    for (let quiet = 0, sent = 0; quiet < 60; quiet = line.sentBytes > sent ? 0 : quiet + 1) {
      sent = line.sentBytes
      line.send(piece('key', large))
      await systemClock.sleep(5)
    }
    const held = line.sentBytes
    for (let i = 0; i < 100; i += 1) line.send(piece(i === 50 ? 'key' : 'delta', large))
    assert.equal(line.sentBytes, held, 'nothing more is taken')
    got.sockets[0]?.resume()
    await until('the line has caught up', () => {
      line.send(piece('key', 'at last'))
      return got.texts.some((text) => text.includes('dropped'))
    })
    const types = () => got.messages.map((message) => readLiveHeader(message).type)
    await until('it goes on with a keyframe', () => types().filter((type) => type === 'key').length > 1)
    const numbers = got.messages.filter((message) => readLiveHeader(message).type !== 'head')
    assert.ok(
      numbers.every((message, i) => readLiveHeader(message).number === i),
      'what was left out was never numbered',
    )
  })

  it('that a power cut ended is closed in the book at the next start', async (t) => {
    const { allow, open, books } = await bed(t)
    allow('live')
    const line = await open()
    line.send(INIT)
    line.send(piece('key', 'one'))
    const left = () => new Ledger(books).interrupted().map(({ outcome, kind }) => `${outcome} ${kind}`)
    assert.deepEqual(left(), ['begun live'])
    await line.close()
    assert.deepEqual(left(), [])
  })
})
