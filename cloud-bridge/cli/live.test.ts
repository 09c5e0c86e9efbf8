import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { newId } from '../../agent/base/ids.ts'
import { ageRecipientOf, newAgeIdentity } from '../../agent/protocol/age.ts'
import { DEVICE_PATHS } from '../../agent/protocol/claim.ts'
import { LiveOpener, LiveSealer, readLiveHead } from '../../agent/protocol/live-envelope.ts'
import { LIVE_HEADER_BYTES, readLiveHeader } from '../../agent/protocol/live-message.ts'
import { API, LedgerView, type LiveNews } from '../web/api.ts'
import {
  addNeighbour,
  type Box,
  type Browser,
  claimBox,
  grantOf,
  type Line,
  newFolder,
  PASSWORD,
  setUp,
  start,
  until as untilSoon,
} from './bed.test.ts'

/** A busy machine may take its time. */
const until = <T>(what: string, find: () => T | Promise<T>) => untilSoon(what, find, 25_000)

/** A bridge with an owner who allows live view of a camera, and its box, that is connected. */
async function bed(t: TestContext) {
  const folder = newFolder()
  const bridge = await start(t, folder)
  const owner = await setUp(bridge)
  const box = await claimBox(bridge, owner)
  const line = await box.connect(t)
  await line.subscribe()
  await line.publish('status', box.status(true))
  await line.tellCamera()
  await line.acked(1)
  const { httpUrl } = bridge
  const watch = (by: Browser = owner, quality = 'one') => new Watching(t, httpUrl, box.camera, by.cookie, quality)
  const allow = (kinds: string[]) => owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds })
  return { bridge, folder, owner, box, line, watch, allow }
}

/** A page that watches. */
class Watching {
  readonly news: LiveNews[] = []
  readonly messages: Buffer[] = []
  status = 0
  closed = false
  readonly socket: WebSocket

  constructor(t: TestContext, httpUrl: string, camera: string, cookie: string, quality: string) {
    const url = new URL(`${API}/cameras/${camera}/live?quality=${quality}`, httpUrl.replace('http', 'ws'))
    this.socket = new WebSocket(url, { headers: { cookie, origin: httpUrl } })
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.messages.push(data)
      else this.news.push(JSON.parse(data.toString()))
    })
    this.socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      this.status = statusCode
      request.destroy()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.closed = true
    })
    t.after(() => this.socket.terminate())
  }

  get last(): LiveNews | undefined {
    return this.news.at(-1)
  }

  get plain(): string[] {
    return this.messages.map((message) => `${readLiveHeader(message).type} ${message.subarray(LIVE_HEADER_BYTES)}`)
  }
}

type Order = { readonly session: string; readonly quality: string; readonly leaseMs: number }

const orders = (line: Line): Order[] =>
  line.heard.flatMap(({ json }) => (json['name'] === 'live' ? [json['live'] as Order] : []))

const order = (line: Line) => until('the box is asked', () => orders(line).find(({ leaseMs }) => leaseMs > 0))

/** The newest grant that the box was sent. */
const granted = (line: Line) => {
  const grants = line.heard.flatMap(({ topic, json }) => (topic.endsWith('/grant') ? [grantOf(json)] : []))
  return grants.at(-1) ?? { serial: 0, recipients: [] }
}

/** The box's side, made by hand: says hello, then sends parts. */
class BoxLine {
  readonly socket: WebSocket
  readonly texts: string[] = []
  closed = false
  status = 0
  readonly #box: Box

  constructor(t: TestContext, box: Box, session: string, token = box.claimed.token) {
    this.#box = box
    const url = new URL(`${DEVICE_PATHS.live}/${session}`, box.httpUrl.replace('http', 'ws'))
    this.socket = new WebSocket(url, { headers: { authorization: `Bearer ${box.agent}.${token}` } })
    this.socket.on('message', (data) => this.texts.push(String(data)))
    this.socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      this.status = statusCode
      request.destroy()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.closed = true
    })
    t.after(() => this.socket.terminate())
  }

  async open(): Promise<void> {
    await until('it is open', () => this.socket.readyState === WebSocket.OPEN)
  }

  hello(session: string, grantSerial: number, camera = this.#box.camera): void {
    this.socket.send(JSON.stringify({ type: 'hello', v: 1, session, camera, grantSerial }))
  }

  part(recipients: readonly string[], camera = this.#box.camera): LiveSealer {
    const facts = { camera, kind: 'live', contentType: 'video/mp4', takenAt: 1, durationMs: 0, reason: 'one' } as const
    const sealer = new LiveSealer({ item: newId(), ...facts }, recipients)
    this.socket.send(sealer.head)
    this.socket.send(sealer.seal('init', [Buffer.from('moov')]))
    return sealer
  }
}

describe('live view through the bridge', { timeout: 180_000 }, () => {
  it('is relayed in the clear where we may read it, from the newest keyframe on, and booked', async (t) => {
    const { owner, box, line, watch, allow } = await bed(t)
    await allow(['live'])
    await line.grant(1)
    const first = watch()
    const { session, quality } = await order(line)
    assert.equal(quality, 'one')
    const bring = new BoxLine(t, box, session)
    await bring.open()
    const { serial, recipients } = granted(line)
    bring.hello(session, serial)
    const sealer = bring.part(recipients)
    for (const [type, text] of [
      ['key', 'k1'],
      ['delta', 'd1'],
      ['key', 'k2'],
      ['delta', 'd2'],
    ] as const) {
      bring.socket.send(sealer.seal(type, [Buffer.from(text)]))
    }
    await until('all came', () => first.plain.includes('delta d2'))
    assert.deepEqual(first.plain, ['init moov', 'key k1', 'delta d1', 'key k2', 'delta d2'])
    assert.deepEqual([first.last?.state, first.last?.sealed], ['live', false])
    const late = watch()
    await until('who comes late sees something', () => late.messages.length >= 3)
    assert.deepEqual(late.plain, ['init moov', 'key k2', 'delta d2'])
    bring.socket.send(sealer.seal('end', []))
    const got = await until('the box is told', () => bring.texts.find((text) => text.includes('got')))
    assert.equal(JSON.parse(got).item, readLiveHead(sealer.head).label.item)
    const { scopes } = LedgerView.parse(await (await owner.api('GET', `/agents/${box.agent}/ledger`)).json())
    assert.deepEqual(
      scopes.map(({ kind, received }) => [kind, received.items]),
      [['live', 1]],
    )
    first.socket.close()
    late.socket.close()
    await until('the box may end', () => orders(line).some(({ leaseMs }) => leaseMs === 0))
    await until('its connection is closed', () => bring.closed)
  })

  it('is relayed as it is where only the owner can read it, and opens with the owner’s key', async (t) => {
    const { owner, box, line, watch, allow } = await bed(t)
    const identity = newAgeIdentity()
    const recipients = [ageRecipientOf(identity)]
    assert.equal((await owner.api('PUT', '/privacy', { recipients, password: PASSWORD })).status, 200)
    await allow(['live'])
    await line.grant(1)
    assert.deepEqual(granted(line).recipients, recipients)
    const watching = watch()
    const { session } = await order(line)
    const bring = new BoxLine(t, box, session)
    await bring.open()
    bring.hello(session, granted(line).serial)
    const sealer = bring.part(recipients)
    for (const text of ['k1', 'k2']) bring.socket.send(sealer.seal('key', [Buffer.from(text)]))
    await until('it comes', () => watching.messages.length >= 4)
    assert.equal(watching.last?.sealed, true)
    const late = watch()
    await until('who comes late gets what is needed', () => late.messages.length >= 3)
    for (const [messages, texts] of [
      [watching.messages, ['moov', 'k1', 'k2']],
      [late.messages, ['moov', 'k2']],
    ] as const) {
      const [head, ...rest] = messages
      assert.ok(head)
      const opener = LiveOpener.of(readLiveHead(head), identity)
      assert.deepEqual(
        rest.map((message) => String(opener?.open(message))),
        texts,
      )
    }
  })

  it('is refused to a box whose owner does not allow it, whatever it says, and that is told', async (t) => {
    const { owner, box, line, watch, allow } = await bed(t)
    await allow(['live'])
    await line.grant(1)
    const watching = watch()
    const { session } = await order(line)
    const { recipients } = granted(line)
    const confused = new BoxLine(t, box, session)
    await confused.open()
    confused.hello(session, 1, 'anothercameraaaa')
    await until('what it was not asked for is cut', () => confused.closed)
    const other = new BoxLine(t, box, session)
    await other.open()
    other.hello(session, 1)
    other.part(recipients, 'anothercameraaaa')
    await until('so is what its head calls another camera', () => other.closed)
    const locked = new BoxLine(t, box, session)
    await locked.open()
    locked.hello(session, 1)
    locked.part([ageRecipientOf(newAgeIdentity())])
    await until('so is what nobody here can read', () => locked.closed)
    const foreign = new BoxLine(t, box, session)
    await foreign.open()
    foreign.hello(session, 7)
    foreign.part(recipients)
    await until('so is what names a grant that never was', () => foreign.closed)
    await until('who watches is told', () => watching.last?.reason === 'no-consent')
    await until('and the owner', async () =>
      (await owner.overview()).activity.some(({ kind }) => kind === 'upload-refused'),
    )
    assert.equal(watching.messages.length, 0)
  })

  it('takes a box only for what it was asked, under its own token', async (t) => {
    const { box, line, watch, allow } = await bed(t)
    await allow(['live'])
    watch()
    const { session } = await order(line)
    const unknown = new BoxLine(t, box, 'sessionaaaaaaaaa')
    await until('it is not found', () => unknown.status === 404)
    const wrong = new BoxLine(t, box, session, 'x'.repeat(43))
    await until('it is refused', () => wrong.status === 401)
  })

  it('ends at once when the owner turns it off, and what comes then is not received', async (t) => {
    const { bridge, folder, box, line, watch, allow } = await bed(t)
    await allow(['live'])
    await line.grant(1)
    const watching = watch()
    const { session } = await order(line)
    const bring = new BoxLine(t, box, session)
    await bring.open()
    const { serial, recipients } = granted(line)
    bring.hello(session, serial)
    const sealer = bring.part(recipients)
    bring.socket.send(sealer.seal('key', [Buffer.from('k1')]))
    await until('it comes', () => watching.messages.length === 2)
    await allow([])
    if (bring.socket.readyState === WebSocket.OPEN) bring.socket.send(sealer.seal('delta', [Buffer.from('d1')]))
    await until('the box is cut', () => bring.closed)
    await until('who watches is told', () => watching.closed)
    assert.equal(watching.last?.reason, 'no-consent')
    assert.equal(watching.messages.length, 2)
    const again = watch()
    await until('and is not shown more', () => again.closed)
    assert.equal(again.last?.reason, 'no-consent')
    const neighbour = await addNeighbour(bridge, folder)
    const theirs = watch(neighbour)
    await until('nor is anybody else', () => theirs.status === 404)
  })

  it('says that the box is not there, and asks it when it comes', async (t) => {
    const { box, line, watch, allow } = await bed(t)
    await allow(['live'])
    await line.client.endAsync(true)
    const watching = watch()
    await until('that is told', () => watching.last?.reason === 'offline')
    const back = await box.connect(t)
    await back.subscribe()
    await until('it is asked', () => orders(back).length > 0)
    await until('and that is told', () => watching.last?.state === 'asking')
  })

  it('hands on why the box sends nothing', async (t) => {
    const { line, watch, allow } = await bed(t)
    await allow(['live'])
    const watching = watch()
    await order(line)
    const asked = line.heard.find(({ json }) => json['name'] === 'live')
    const id = asked?.topic.split('/').at(-1)
    const reply = { v: 1, at: Date.now(), seq: 0, ok: false, message: 'No', reason: 'no-consent' }
    await line.publish('reply', JSON.stringify(reply), id)
    await until('it is over', () => watching.closed)
    assert.equal(watching.last?.reason, 'no-consent')
  })
})
