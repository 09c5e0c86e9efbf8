import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { ageRecipientOf, newAgeIdentity } from '../../agent/protocol/age.ts'
import { LiveOpener, readLiveHead } from '../../agent/protocol/live-envelope.ts'
import { LedgerView } from '../web/api.ts'
import { addNeighbour, PASSWORD } from './bed.test.ts'
import { BoxLine, bed, granted, order, orders, until } from './live-bed.test.ts'

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
