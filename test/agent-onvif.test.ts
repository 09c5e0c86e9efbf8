import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../agent/base/clock.ts'
import { openDatabase } from '../agent/base/database.ts'
import { Secret } from '../agent/base/secret.ts'
import { discover } from '../agent/discovery/discover.ts'
import type { DeviceEvent } from '../agent/events/event.ts'
import { watchEvents } from '../agent/events/watch.ts'
import { HealthMonitor } from '../agent/health/monitor.ts'
import { cameraOfEvent, type DeviceHandle } from '../agent/inventory/access.ts'
import { type CameraChange, Inventory } from '../agent/inventory/inventory.ts'
import { INVENTORY_TABLES } from '../agent/inventory/tables.ts'
import { type SimulatedCamera, startFleet } from '../simulator/fleet/index.ts'
import { freeNet } from './harness/ports.ts'

const PROFILES = ['hikvision', 'amcrest', 'reolink', 'axis', 'tapo', 'nvr'] as const
/** A network of its own, so that two test runs on one machine don't meet; below the ports that the system gives away. */
const FIRST_ADDRESS = freeNet()
const RANGE = FIRST_ADDRESS.replace(/\d+$/, '0/27')
const DISCOVERY_PORT = 27_079
const PASSWORD = 'rät & tät'
const owner = { username: 'admin', password: new Secret(PASSWORD) }
const never = new AbortController().signal

/** From a range of addresses to the inventory's news. */
async function pass(into: Inventory, durationMs = 1_500): Promise<CameraChange[]> {
  const found: CameraChange[] = []
  const over = { cidrs: [RANGE], multicast: false, discoveryPort: DISCOVERY_PORT, durationMs }
  for await (const news of into.refresh(discover({ ...over, clock: systemClock, signal: never }), never)) {
    if (news.kind === 'camera') found.push(news)
  }
  return found
}

const folder = mkdtempSync(join(tmpdir(), 'agent-onvif-'))
const fleet = await startFleet({
  cameras: PROFILES.map((profile) => ({ profile, eventIntervalMs: 0 })),
  password: PASSWORD,
  firstAddress: FIRST_ADDRESS,
  httpPort: 0,
  rtspPort: 0,
  discoveryPort: DISCOVERY_PORT,
  multicast: false,
})
const db = openDatabase(join(folder, 'state.db'), [INVENTORY_TABLES])
const inventory = new Inventory({ db, credentials: [owner], clock: systemClock })
const changes = await pass(inventory)

after(async () => {
  await fleet[Symbol.asyncDispose]()
  db.close()
  rmSync(folder, { recursive: true })
})

const camera = (profile: (typeof PROFILES)[number]): SimulatedCamera => {
  const found = fleet.cameras.find((each) => each.profile === profile)
  assert.ok(found, profile)
  return found
}

const handleOf = ({ address }: SimulatedCamera): DeviceHandle => {
  const found = inventory.devices().find(({ device }) => device.target.address === address)
  assert.ok(found, address)
  return found
}

const plainMac = (mac: string) => mac.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()

test('every camera of every brand is read in full, string for string', () => {
  for (const { truth, address, httpPort } of fleet.cameras) {
    const mine = changes.filter(({ facts }) => facts.address === address)
    assert.equal(mine.length, truth.channels)
    for (const [i, { facts, changed }] of mine.entries()) {
      assert.equal(changed, 'new')
      const { manufacturer, model, firmware, serial, hardwareId, endpoint, hostname, port } = facts
      assert.deepEqual(
        { manufacturer, model, firmware, serial, hardwareId, endpoint, hostname, port },
        {
          manufacturer: truth.manufacturer,
          model: truth.model,
          firmware: truth.firmware,
          serial: truth.serial,
          hardwareId: truth.hardwareId,
          endpoint: truth.endpoint,
          hostname: truth.hostname,
          port: httpPort,
        },
      )
      assert.deepEqual(facts.macs.map(plainMac), truth.macs.map(plainMac))
      assert.equal(facts.channel, truth.channels === 1 ? undefined : i + 1)
      assert.ok(facts.profiles.length > 0 && facts.services.length > 1 && facts.protocols.length > 0)
    }
  }
})

test('reading the cameras sent no wrong credential, and asked for no picture', () => {
  for (const { journal, id } of fleet.cameras) {
    assert.equal(journal.counts().refusedCredentials, 0, id)
    assert.equal(journal.mediaConnections(), 0, id)
    assert.ok(!journal.requests().some(({ operation }) => /Uri/.test(operation)), id)
  }
})

test('a restart of the agent finds the same cameras under the same ids, without news', async () => {
  const restarted = new Inventory({ db, credentials: [owner], clock: systemClock })
  for await (const news of restarted.refresh(restarted.remembered(), never)) assert.fail(JSON.stringify(news))
  const ids = (each: Inventory) =>
    each
      .devices()
      .flatMap(({ cameras }) => cameras.map((access) => access.camera))
      .sort()
  assert.deepEqual(ids(restarted), ids(inventory))
})

test('stream and snapshot are found when wanted, on the camera itself', async () => {
  for (const simulated of fleet.cameras) {
    for (const access of handleOf(simulated).cameras) {
      const stream = await access.streamUri(never)
      assert.deepEqual(
        [stream.protocol, stream.hostname, stream.port],
        ['rtsp:', simulated.address, String(simulated.rtspPort)],
      )
      assert.equal((await access.snapshotUri(never)).hostname, simulated.address)
    }
    assert.equal(simulated.journal.mediaConnections(), 0)
  }
})

const subscriptionsMade = ({ journal }: SimulatedCamera) =>
  journal.requests().filter(({ operation, status }) => operation === 'CreatePullPointSubscription' && status === 200)
    .length

/** Watches until `enough`, within 5 s. */
async function watchUntil(
  simulated: SimulatedCamera,
  subscribed: () => void,
  enough: (event: DeviceEvent) => boolean,
): Promise<DeviceEvent[]> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), 30_000)
  const before = subscriptionsMade(simulated)
  const poll = setInterval(() => {
    if (subscriptionsMade(simulated) === before) return
    clearInterval(poll)
    subscribed()
  }, 5)
  const events: DeviceEvent[] = []
  const handle = handleOf(simulated)
  for await (const event of watchEvents(() => handle.device, { clock: systemClock, signal: controller.signal })) {
    events.push(event)
    if (enough(event)) controller.abort()
  }
  clearTimeout(timer)
  clearInterval(poll)
  return events
}

for (const profile of PROFILES) {
  test(`${profile}: a raised motion arrives, for its own channel, and the slot is freed`, async () => {
    const simulated = camera(profile)
    const channel = simulated.truth.channels
    const raise = () => simulated.raise('motion', channel)
    const events = await watchUntil(simulated, raise, () => true)
    assert.deepEqual([events[0]?.kind, events[0]?.active], ['motion', true])
    const access = cameraOfEvent(handleOf(simulated), events[0]?.sourceToken)
    assert.equal(access?.facts.channel ?? 1, channel)
    const last = simulated.journal.requests().findLast(({ credential }) => credential === 'accepted')
    assert.deepEqual([last?.operation, last?.status], ['Unsubscribe', 200])
  })
}

test('a camera that goes away and comes back is said so, and its events are taken up again with a gap', async () => {
  const simulated = camera('reolink')
  const handle = handleOf(simulated)
  const controller = new AbortController()
  const { signal } = controller
  const timer = setTimeout(() => controller.abort(), 60_000)
  const device = () => handle.device
  const monitor = new HealthMonitor({ device, trouble: () => handle.trouble, clock: systemClock, signal })
  const kinds: string[] = []
  const before = subscriptionsMade(simulated)
  const watching = (async () => {
    for await (const { kind } of watchEvents(device, {
      clock: systemClock,
      signal,
      observer: monitor,
      random: () => 0,
    })) {
      kinds.push(kind)
      // Once an event came through there is something to interrupt.
      if (kind === 'motion') simulated.setFault('unreachable')
      if (kind === 'gap') controller.abort()
    }
  })()
  while (subscriptionsMade(simulated) === before && !signal.aborted) await systemClock.sleep(5)
  simulated.raise('motion')
  const seen: string[] = []
  for await (const { level, diagnoses } of monitor.run()) {
    seen.push([level, ...diagnoses.map(({ code }) => code)].join(' '))
    if (seen.at(-1)?.includes('EVENTS_INTERRUPTED')) simulated.clearFault('unreachable')
  }
  await watching
  clearTimeout(timer)
  assert.equal(kinds.at(-1), 'gap')
  assert.ok(seen[0]?.startsWith('up') && seen.some((each) => each.includes('EVENTS_INTERRUPTED')), seen.join())
})

test('a clock an hour off keeps no camera from being read, and is noticed, also where only users are told the time', async () => {
  for (const each of fleet.cameras) each.setFault('clock-skew', -3_600)
  const other = openDatabase(join(folder, 'skewed.db'), [INVENTORY_TABLES])
  const fresh = new Inventory({ db: other, credentials: [owner], clock: systemClock })
  const found = await pass(fresh, 300)
  for (const each of fleet.cameras) each.clearFault('clock-skew')
  other.close()
  assert.equal(found.filter(({ facts }) => facts.serial !== '' && facts.profiles.length > 0).length, changes.length)
  for (const { device } of fresh.devices()) {
    assert.ok(
      Math.abs((device.clock?.skewMs ?? 0) + 3_600_000) < 2_000,
      `${device.target.address}: ${device.clock?.skewMs}`,
    )
  }
})

test('a wrong password is sent once per camera, and said; no camera locks us out', async () => {
  const other = openDatabase(join(folder, 'other.db'), [INVENTORY_TABLES])
  const wrong = { username: 'admin', password: new Secret('wrong') }
  const stranger = new Inventory({ db: other, credentials: [wrong], clock: systemClock })
  const refusals = () => fleet.cameras.map(({ journal }) => journal.counts().refusedCredentials)
  const beforehand = refusals()
  for (let i = 0; i < 3; i += 1) await pass(stranger, 300)
  other.close()
  assert.deepEqual(
    refusals().map((count, i) => count - (beforehand[i] ?? 0)),
    PROFILES.map(() => 1),
  )
  assert.ok(stranger.devices().every(({ trouble }) => trouble?.facts['reason'] === 'credential'))
  assert.deepEqual(await pass(inventory, 300), [])
})
