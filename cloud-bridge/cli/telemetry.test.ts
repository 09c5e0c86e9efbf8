import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import mqtt from 'mqtt'
import { newId } from '../../agent/base/ids.ts'
import { openStore } from '../store/open-store.ts'
import { claimBox, EVENT, newFolder, PREFIX, setUp, start, until } from './bed.test.ts'

describe('telemetry', () => {
  it('goes from a claimed box to its owner, and is acknowledged end to end', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const line = await box.connect(t)
    await line.subscribe()
    await line.publish('status', box.status(true))
    await line.tellCamera()
    await line.publish('camera-event', box.numbered({ event: EVENT }), box.camera)
    await line.publish('activity', box.numbered({ kind: 'camera-discovered', camera: box.camera, message: 'Found it' }))
    const ack = await line.acked(3)
    assert.equal(ack.retain, true)
    assert.equal(ack.json['stream'], box.stream)
    const { agents, cameras, events, activity, totals } = await owner.overview()
    assert.deepEqual([agents[0]?.online, agents[0]?.name], [true, 'Garage'])
    assert.equal(cameras[0]?.facts.serial, '0042')
    assert.equal(cameras[0]?.lastEvent?.event.kind, 'motion')
    assert.deepEqual([events.length, activity.length, totals.messages], [1, 1, 3])
  })

  it('is in the records before the PUBACK goes out', async (t) => {
    const data = newFolder()
    const bridge = await start(t, data)
    const box = await claimBox(bridge, await setUp(bridge))
    const line = await box.connect(t)
    const other = await openStore(`${data}/bridge.db`)
    t.after(() => other.destroy())
    for (let n = 1; n <= 20; n += 1) {
      await line.publish('camera-event', box.numbered({ event: EVENT }), box.camera)
      assert.equal((await other.selectFrom('events').select('id').execute()).length, n)
    }
  })

  it('drops duplicates, whatever connection they come by, and acknowledges them again', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const payloads = [1, 2, 3].map((seq) => box.numbered({ event: EVENT }, seq))
    for (let turn = 0; turn < 2; turn += 1) {
      const line = await box.connect(t)
      await line.subscribe()
      await Promise.all([...payloads, ...payloads].map((payload) => line.publish('camera-event', payload, box.camera)))
      await line.acked(3)
    }
    const { events, totals } = await owner.overview()
    assert.deepEqual([events.length, totals.messages], [3, 3])
  })

  it('names what came ahead of a gap', async (t) => {
    const bridge = await start(t)
    const box = await claimBox(bridge, await setUp(bridge))
    const line = await box.connect(t)
    await line.subscribe()
    for (const seq of [1, 2, 5, 6]) await line.publish('camera-event', box.numbered({ event: EVENT }, seq), box.camera)
    await until('the ranges are told', () =>
      line.heard.find(({ json }) => json['upTo'] === 2 && JSON.stringify(json['ahead']) === '[[5,6]]'),
    )
  })

  it('acknowledges a numbered message that makes no sense, and drops what has no number', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const line = await box.connect(t)
    await line.subscribe()
    await line.publish('camera-event', 'this is not JSON', box.camera)
    await line.publish('camera-event', box.numbered({ event: { kind: 'unheard of' } }), box.camera)
    await line.publish('camera-event', box.numbered({ event: EVENT }), box.camera)
    await line.acked(2)
    assert.equal((await owner.overview()).events.length, 1)
  })

  it('does not let an older message that is sent again overwrite a newer one', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const line = await box.connect(t)
    await line.tellCamera()
    const health = (level: string, seq: number) => box.numbered({ health: { level, diagnoses: [] } }, seq)
    await line.publish('camera-health', health('up', 5), box.camera)
    await line.publish('camera-health', health('unreachable', 4), box.camera)
    assert.equal((await owner.overview()).cameras[0]?.health?.level, 'up')
  })

  it('shows a box as gone when its connection ends', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const line = await box.connect(t)
    await line.publish('status', box.status(true))
    assert.equal((await owner.overview()).agents[0]?.online, true)
    line.client.stream.destroy()
    await until('it is offline', async () => (await owner.overview()).agents[0]?.online === false)
  })
})

describe('the broker', () => {
  it('lets nobody in without the right token', async (t) => {
    const bridge = await start(t)
    const box = await claimBox(bridge, await setUp(bridge))
    const { agent, token } = box.claimed
    for (const [username, password] of [
      [agent, 'wrong'],
      [newId(), token],
      ['', ''],
      ['../..', token],
    ]) {
      const attempt = mqtt.connectAsync(bridge.mqttUrl, { username, password, reconnectPeriod: 0 } as object)
      await assert.rejects(attempt, { code: 5 })
    }
  })

  it('refuses a device what is not its own', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const other = await claimBox(bridge, owner)
    for (const topic of [
      other.topic('activity'),
      box.topic('grant'),
      box.topic('ack'),
      box.topic('command', newId()),
      `${PREFIX}/${box.agent}/something`,
      '$SYS/x',
    ]) {
      const line = await box.connect(t)
      const closed = line.closed()
      line.client.publish(topic, box.numbered({ kind: 'cap-on', message: '' }), { qos: 1 })
      await closed
    }
    const line = await box.connect(t)
    for (const topic of [other.topic('ack'), `${PREFIX}/#`, '#', `${PREFIX}/+/grant`, box.topic('activity')]) {
      await assert.rejects(line.client.subscribeAsync(topic), Error, topic)
    }
    assert.equal((await owner.overview()).activity.length, 0)
  })

  it('cuts a frame of 2 MB before CONNECT, before it is kept', async (t) => {
    const bridge = await start(t)
    const { hostname, port } = new URL(bridge.mqttUrl)
    const socket = connect(Number(port), hostname).on('error', () => {})
    const startMs = Date.now()
    // Announced, not sent: without the gate the broker would wait for the rest until its connect timeout of ten seconds.
    socket.write(Buffer.concat([Buffer.from([0x10, 0x80, 0x89, 0x7a]), Buffer.alloc(1000)]))
    await once(socket, 'close')
    assert.ok(Date.now() - startMs < 8000)
  })

  it('cuts a message above the limit', async (t) => {
    const bridge = await start(t)
    const box = await claimBox(bridge, await setUp(bridge))
    const line = await box.connect(t)
    const closed = line.closed()
    line.client.publish(box.topic('activity'), 'x'.repeat(300_000), { qos: 1 })
    await closed
  })

  it('keeps only the newest connection of a device, whatever client id it names', async (t) => {
    const bridge = await start(t)
    const box = await claimBox(bridge, await setUp(bridge))
    const first = await box.connect(t)
    const closed = first.closed()
    const { agent, token } = box.claimed
    const options = { username: agent, password: token, clientId: 'another', reconnectPeriod: 0 }
    const second = await mqtt.connectAsync(bridge.mqttUrl, options)
    t.after(() => second.endAsync(true))
    await closed
    await second.publishAsync(box.topic('activity'), box.numbered({ kind: 'cap-on', message: '' }), { qos: 1 })
  })
})
