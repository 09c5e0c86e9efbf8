import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { systemClock } from '../agent/base/clock.ts'
import { openDatabase } from '../agent/base/database.ts'
import { describeError } from '../agent/base/errors.ts'
import { Secret } from '../agent/base/secret.ts'
import { discover } from '../agent/discovery/discover.ts'
import { watchEvents } from '../agent/events/watch.ts'
import { Inventory } from '../agent/inventory/inventory.ts'
import { INVENTORY_TABLES } from '../agent/inventory/tables.ts'
import { takeSnapshot } from '../agent/media/snapshot.ts'
import { CAMERA, testOwner } from '../agent/media/testing.ts'
import { openStream } from '../agent/rtsp/client.ts'
import { type FaultName, startFleet } from '../simulator/fleet/index.ts'

const DISCOVERY_PORT = 37_087
const RANGE = '127.87.0.0/28'
const PASSWORD = 'Geheim-4711-rätsel'
const owner = { username: 'verwalter', password: new Secret(PASSWORD) }

/** Everything that this process dials from now on. */
function dialled(t: TestContext): Set<string> {
  const addresses = new Set<string>()
  const onSocket = (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('socket' in message)) return
    const { socket } = message
    if (socket instanceof Socket) socket.on('connectionAttempt', (address: string) => addresses.add(address))
  }
  subscribe('net.client.socket', onSocket)
  t.after(() => unsubscribe('net.client.socket', onSocket))
  return addresses
}

/** An agent's day with these cameras: it finds, reads, listens, takes a picture and a stream. @returns what went wrong */
async function day(profiles: readonly string[], faults: readonly FaultName[], user = owner): Promise<unknown[]> {
  await using _fleet = await startFleet({
    cameras: profiles.map((profile) => ({ profile: profile as 'plain', eventIntervalMs: 0, faults })),
    user: owner.username,
    password: PASSWORD,
    firstAddress: '127.87.0.1',
    httpPort: 0,
    rtspPort: 0,
    discoveryPort: DISCOVERY_PORT,
    multicast: false,
  })
  using media = testOwner()
  media.allow('snapshot')
  const stop = new AbortController()
  const troubles: unknown[] = []
  const tell = (error: unknown) => void troubles.push(error)
  const db = openDatabase(':memory:', [INVENTORY_TABLES])
  const inventory = new Inventory({ db, credentials: [user], clock: systemClock })
  const signal = stop.signal
  const over = { cidrs: [RANGE], multicast: false, discoveryPort: DISCOVERY_PORT, durationMs: 700 }
  for await (const news of inventory.refresh(discover({ ...over, clock: systemClock, signal }), signal))
    troubles.push(news)
  const watchings: Promise<void>[] = []
  const works = inventory.devices().map(async (handle) => {
    const subscribed = Promise.withResolvers<void>()
    const observer = {
      answered: () => subscribed.resolve(),
      failed: (error: unknown) => subscribed.resolve(tell(error)),
    }
    const watch = async () => {
      for await (const _ of watchEvents(() => handle.device, { clock: systemClock, signal, observer }));
    }
    watchings.push(watch())
    const [access] = handle.cameras
    const { device } = handle
    if (access) {
      const uris = { streamUri: access.streamUri, snapshotUri: access.snapshotUri }
      const through = { camera: CAMERA, address: device.target.address, credential: user, gate: device.gate, ...uris }
      const deps = { folder: media.folder, clock: systemClock, signal, reason: 'asked' }
      await takeSnapshot(media.grant('snapshot'), through, deps).catch(tell)
      try {
        const uri = await access.streamUri(signal)
        const stream = await openStream({ uri, credential: user, signal, clock: systemClock })
        for await (const _ of stream) break
      } catch (error) {
        tell(error)
      }
    }
    await subscribed.promise
  })
  await Promise.race([Promise.all(works), systemClock.sleep(6_000)])
  stop.abort()
  await Promise.all(watchings)
  db.close()
  return troubles
}

const PROFILES = ['plain', 'hikvision', 'axis', 'tapo', 'nvr']

describe('only the host that answered is dialled', () => {
  for (const faults of [
    ['xaddr-wrong-host', 'stream-uri-wrong-host', 'snapshot-uri-wrong-host', 'subscription-wrong-host'],
    ['xaddr-zero'],
    ['xaddr-ipv6-first'],
    ['redirect-elsewhere'],
  ] satisfies FaultName[][]) {
    it(`with ${faults.join(', ')}`, async (t) => {
      const addresses = dialled(t)
      await day(PROFILES, faults)
      assert.ok(addresses.size >= PROFILES.length, [...addresses].join())
      for (const address of addresses) assert.match(address, /^127\.87\.0\.([1-9]|1[0-4])$/)
    })
  }
})

describe('a password', () => {
  for (const [name, faults, user] of [
    ['right, and all is well', [], owner],
    ['wrong', [], { ...owner, password: new Secret(`${PASSWORD}x`) }],
    ['asked for in the clear', ['basic-only'], owner],
    ['refused with a page', ['refusal-html', 'auth-lockout'], owner],
    ['answered with nonsense', ['xml-malformed'], owner],
    ['cut short', ['close-mid-body'], owner],
    ['redirected', ['redirect-elsewhere'], owner],
  ] satisfies [string, FaultName[], typeof owner][]) {
    it(`that is ${name} stands in no error, log line or object that can be printed`, async () => {
      const troubles = await day(['plain', 'axis'], faults, user)
      const printed = [
        inspect(troubles, { depth: 30, showHidden: true, maxStringLength: Number.POSITIVE_INFINITY }),
        JSON.stringify(troubles),
        ...troubles.map(describeError),
      ].join('\n')
      const spellings = [PASSWORD, encodeURIComponent(PASSWORD), Buffer.from(PASSWORD).toString('base64')]
      for (const hidden of [...spellings, 'PasswordDigest', 'response="']) assert.ok(!printed.includes(hidden), hidden)
    })
  }
})
