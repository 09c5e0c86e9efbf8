import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../../agent/base/ids.ts'
import { type SignedGrant, signGrant } from '../../agent/protocol/grant.ts'
import { topicOf } from '../../agent/protocol/topics.ts'
import { HostileBroker } from '../harness/hostile-broker.ts'
import { until } from '../harness/until.ts'
import { BridgeSide } from './bridge-side.ts'
import { disguises, type Flow, flowsIn, occurrences, strangers, uploadsIn } from './findings.ts'
import { HoldingProxy } from './holding-proxy.ts'
import { type Packet, packetsIn } from './packets.ts'
import { BOX, BRIDGE, CAMERAS, CANARIES, PORTS } from './places.ts'
import { BoxSide } from './side.ts'

/** One hour's worth of events, as an exceptionally restless house has them. */
const EVENTS = 1000
/** What nobody raises can't be awaited: so long is listened after the last event. */
const LISTEN_MS = 1500
/** The agent lets 20 events of a camera through in 10 s and sums up the others: each part begins with a new window. */
const CALM_MS = 10_500
const KINDS = ['snapshot', 'clip']
const PLACES = [PORTS.mqtt, PORTS.upload, PORTS.hostile].map((port) => `${BRIDGE}:${port}`)

export interface Phase {
  readonly name: string
  readonly events: number
  readonly packets: number
  /** Occurrences of the canaries, and packets to where nothing may go. */
  readonly canaries: number
  readonly strangers: number
  /** What is wrong; empty where all is well. */
  readonly faults: readonly string[]
}

interface House {
  readonly folder: string
  readonly box: BoxSide
  readonly bridge: BridgeSide
  readonly proxy: HoldingProxy
  readonly cameras: readonly string[]
  /** How many motion events the agent has told, to whom it tells them now. */
  told: () => number
  calmAtMs: number
}

/** Plays it all, in this network. `onPhase` hears of each part as it ends. */
export async function run(onPhase: (phase: Phase) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-leak-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  let bridge: BridgeSide | undefined
  const uploads = `http://${BRIDGE}:${PORTS.upload}`
  const { side: box, ready } = await BoxSide.start(folder, uploads, async (code) => bridge?.owner.takeClaim(code))
  stack.use(box)
  bridge = stack.use(await BridgeSide.start(folder))
  const proxy = stack.use(new HoldingProxy({ host: BRIDGE, port: PORTS.http }))
  await proxy.listen(BRIDGE, PORTS.upload)
  await ready()
  const { owner } = bridge
  const cameras = await until(
    'the console shows every camera',
    async () => {
      const found = (await owner.overview()).cameras.filter(({ health }) => health?.level === 'up')
      return found.length >= CAMERAS && found.map(({ id }) => id)
    },
    60_000,
  )
  const { events } = bridge
  const house: House = { folder, box, bridge, proxy, cameras, told: events, calmAtMs: 0 }
  onPhase(await dark(house, 'never granted'))
  onPhase(await granted(house))
  onPhase(await dark(house, 'granted, the cap on', async () => void (await box.cap(true))))
  await box.cap(false)
  const revoke = () => revokeInMidTransfer(house)
  onPhase(await dark(house, 'revoked in mid-transfer', revoke, async () => proxy.goOn()))
  for (const phase of await withHostileBroker(house)) onPhase(await phase())
}

/**
 * Everything is off in some way, and everything moves: nothing may leave. `begin` ends what was allowed; `then` is what
 * comes of it, under the eyes of the capture.
 */
async function dark(house: House, name: string, begin = async () => {}, then = async () => {}): Promise<Phase> {
  const { box } = house
  const path = join(house.folder, 'capture.pcap')
  await begin()
  await until('the box holds no media', async () => (await box.mediaFiles()).length === 0, 30_000)
  const before = await box.mediaConnections()
  await box.capture(path)
  await then()
  await calm(house)
  const told = house.told()
  await raise(house, EVENTS)
  await until('the events are told', () => house.told() >= told + CAMERAS, 30_000)
  await sleep(LISTEN_MS)
  const captured = await capturedIn(house, path)
  const asked = (await box.mediaConnections()) - before
  const held = await box.mediaFiles()
  const { canaries, flows } = captured
  const faults = [
    ...captured.faults,
    ...(canaries > 0 ? [`the canary was seen ${canaries} times`] : []),
    ...(uploadsIn(flows).length > 0 ? ['something was uploaded'] : []),
    ...(asked > 0 ? [`cameras were asked for pictures ${asked} times`] : []),
    ...(held.length > 0 ? [`the box holds ${held.length} files of media`] : []),
  ]
  return phaseOf(name, captured, faults)
}

/** The proof that the test can fail: with everything allowed, the same capture finds what it looks for. */
async function granted(house: House): Promise<Phase> {
  const { box, bridge, cameras, folder } = house
  const path = join(folder, 'capture.pcap')
  await calm(house)
  await box.capture(path)
  await Promise.all(cameras.map((camera) => bridge.owner.allow(camera, KINDS)))
  await until('every camera has brought a picture', async () => (await sentOf(house, 'snapshot')) >= CAMERAS, 60_000)
  // A clip needs a stream that has begun.
  await sleep(2000)
  await raise(house, EVENTS)
  await until('every camera has brought a clip', async () => (await sentOf(house, 'clip')) >= CAMERAS, 90_000)
  await until('nothing waits', async () => (await box.mediaFiles()).length === 0, 90_000)
  await sleep(LISTEN_MS)
  const captured = await capturedIn(house, path)
  const ledger = await box.ledger()
  const uploads = uploadsIn(captured.flows)
  const lengths = uploads.map(({ bytes }) => bytes)
  const missing = ledger.filter(({ bytes }) => !takeOut(lengths, bytes))
  const isPlain = uploads.some(({ start }) => start.includes('ftyp') || start[0] === 0xff)
  const check = await box.ledgerCheck()
  const found = Object.entries(CANARIES).map(([kind, canary]) => ({
    kind,
    count: occurrences(captured.flows, disguises(canary)),
  }))
  const faults = [
    ...captured.faults,
    ...(missing.length > 0 ? [`${missing.length} of ${ledger.length} items of the ledger are not in the capture`] : []),
    ...(lengths.length > 0 ? [`${lengths.length} uploads are not in the ledger`] : []),
    ...(check.broken ? ["the box's ledger does not verify"] : []),
    // Sealed on the box, what leaves shows its length and no more.
    ...found.flatMap(({ kind, count }) =>
      count > 0 === isPlain ? [] : [`the canary of a ${kind} was seen ${count} times`],
    ),
  ]
  const name = `granted (${ledger.length} items, ${isPlain ? 'plain' : 'sealed'})`
  return phaseOf(name, captured, faults)
}

async function raise(house: House, count: number): Promise<void> {
  await house.box.raise(count)
  house.calmAtMs = performance.now() + CALM_MS
}

const calm = (house: House) => sleep(Math.max(0, house.calmAtMs - performance.now()))

const sentOf = async ({ box }: House, kind: string) => (await box.ledger()).filter((row) => row.kind === kind).length

function takeOut(numbers: number[], wanted: number): boolean {
  const at = numbers.indexOf(wanted)
  if (at >= 0) numbers.splice(at, 1)
  return at >= 0
}

/** Lets a transfer hang in its middle, and revokes. What follows is another capture's to see. */
async function revokeInMidTransfer(house: House): Promise<void> {
  const { box, bridge, proxy, cameras } = house
  await calm(house)
  await until('media wait again', async () => (await box.mediaConnections()) > 0)
  proxy.holdAfter(40_000)
  await raise(house, CAMERAS)
  await until('a transfer hangs', () => proxy.isHolding, 60_000)
  await Promise.all(cameras.map((camera) => bridge.owner.allow(camera, [])))
}

/** Phases on a broker in foreign hands, which has read every grant there was, and even has the account's key once. */
async function withHostileBroker(house: House): Promise<(() => Promise<Phase>)[]> {
  const { box, bridge } = house
  const broker = await HostileBroker.start(BRIDGE, PORTS.hostile)
  const { agent, prefix } = await box.identity()
  const newest = bridge.newestGrant()
  const key = await bridge.accountKey()
  const cameras = house.cameras.map((camera) => ({ camera, kinds: ['snapshot' as const, 'clip' as const] }))
  const serial = newest.document.serial + 100
  const wanted = { ...newest.document, serial, cameras }
  const expired = { ...wanted, notBefore: Date.now() - 3_600_000, expires: Date.now() - 1 }
  // The grant that counted while everything was on is not on the bridge any more: signed again, it is the same bytes.
  const replayed = signGrant({ ...wanted, serial: newest.document.serial - 1 }, key)
  const bad: readonly (readonly [string, () => SignedGrant])[] = [
    ['forged', () => signGrant(wanted, generateKeyPairSync('ed25519').privateKey)],
    ["another account's", () => signGrant({ ...wanted, account: newId() }, key)],
    ["another box's", () => signGrant({ ...wanted, agent: newId() }, key)],
    ['replayed', () => replayed],
    ['expired', () => signGrant(expired, key)],
  ]
  const say = (grant: SignedGrant) =>
    broker.say(topicOf(prefix, { agent, name: 'grant' }), { v: 1, at: Date.now(), seq: 0, grant })
  await box.end()
  await box.redirect(broker.url)
  await box.begin()
  const status = topicOf(prefix, { agent, name: 'status' })
  await until('the box has come to the wrong broker', () => broker.heard.some(({ topic }) => topic === status), 30_000)
  house.told = () => broker.heard.filter(({ topic }) => topic.endsWith('/event')).length
  const phases = bad.map(([name, make]) => () => {
    const begin = async () => {
      const before = refusals(broker)
      await say(make())
      if (name !== 'expired') await until('it is refused', () => refusals(broker) > before)
    }
    return dark(house, name, begin)
  })
  // One that counted, and ran out while nobody renewed it.
  const runOut = async () => {
    await say(signGrant({ ...wanted, serial: serial + 1, expires: Date.now() + 4000 }, key))
    await until('it counts', async () => (await box.heldSerial()) === serial + 1)
    await sleep(4500)
  }
  const last = async () => {
    const phase = await dark(house, 'run out', runOut)
    await broker[Symbol.asyncDispose]()
    return phase
  }
  return [...phases, last]
}

const refusals = (broker: HostileBroker): number =>
  broker.heard.filter(({ topic, payload }) => topic.endsWith('/activity') && payload.includes('grant-refused')).length

interface Captured {
  readonly packets: readonly Packet[]
  readonly flows: readonly Flow[]
  readonly canaries: number
  readonly strangers: number
  readonly faults: readonly string[]
}

/** Ends the capture and looks through it. */
async function capturedIn({ box }: House, path: string): Promise<Captured> {
  const said = await box.captured()
  const packets = packetsIn(readFileSync(path))
  const flows = flowsIn(packets)
  const canaries = occurrences(flows, Object.values(CANARIES).flatMap(disguises))
  const unknown = strangers(packets, BOX, [...PLACES, `arp ${BRIDGE}`])
  const faults = [
    ...(/^0 packets dropped by kernel/m.test(said) ? [] : [`the capture is not whole: ${said.trim()}`]),
    ...(packets.length === 0 ? ['nothing was captured'] : []),
    ...Array.from(unknown, ([place, count]) => `${count} packets to ${place}`),
  ]
  return { packets, flows, canaries, strangers: [...unknown.values()].reduce((sum, count) => sum + count, 0), faults }
}

const phaseOf = (name: string, { packets, canaries, strangers }: Captured, faults: readonly string[]): Phase => {
  return { name, events: EVENTS, packets: packets.length, canaries, strangers, faults }
}
