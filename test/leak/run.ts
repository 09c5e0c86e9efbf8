import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../../agent/base/ids.ts'
import { type SignedGrant, signGrant } from '../../agent/protocol/grant.ts'
import { topicOf } from '../../agent/protocol/topics.ts'
import { HostileBroker } from '../harness/hostile-broker.ts'
import { until } from '../harness/until.ts'
import { BridgeSide } from './bridge-side.ts'
import { dialled, uploadsIn } from './findings.ts'
import { granted, numbersOf } from './granted.ts'
import { HoldingProxy } from './holding-proxy.ts'
import { calm, capturedIn, EVENTS, type House, LISTEN_MS, type Phase, raise } from './house.ts'
import { BRIDGE, CAMERAS, PORTS } from './places.ts'
import { BoxSide } from './side.ts'

const LOG_BYTES = 4000

/** Plays it all, in this network. `onPhase` hears of each part as it ends. @throws Error with the programs' last words */
export async function run(onPhase: (phase: Phase) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-leak-'))
  try {
    await runIn(folder, onPhase)
  } catch (cause) {
    const logs = readdirSync(folder).filter((name) => name.endsWith('.log'))
    const words = logs.map((name) => `${name}:\n${readFileSync(join(folder, name), 'utf8').slice(-LOG_BYTES)}`)
    throw new Error(`The leak test came to no end\n${words.join('\n')}`, { cause })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runIn(folder: string, onPhase: (phase: Phase) => void): Promise<void> {
  await using stack = new AsyncDisposableStack()
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
  await noMedia(house)
  const before = await box.mediaConnections()
  await box.capture('out', path)
  await then()
  await calm(house)
  const toldBefore = house.told()
  const events = await raise(house, EVENTS)
  await until('the events are told', () => house.told() >= toldBefore + CAMERAS, 30_000)
  await sleep(LISTEN_MS)
  const captured = await capturedIn(house, path)
  const asked = (await box.mediaConnections()) - before
  const held = await box.mediaFiles()
  const begun = dialled(captured.packets, BRIDGE, PORTS.upload)
  const faults = [
    ...captured.faults,
    ...(captured.canaries > 0 ? [`the canary was seen ${captured.canaries} times`] : []),
    ...(uploadsIn(captured.flows).length > 0 ? ['something was uploaded'] : []),
    ...(begun > 0 ? [`${begun} connections were begun to where uploads go`] : []),
    ...(asked > 0 ? [`cameras were asked for pictures ${asked} times`] : []),
    ...(held.length > 0 ? [`the box holds ${held.length} files of media`] : []),
  ]
  return { name, events, told: house.told() - toldBefore, ...numbersOf(captured), faults }
}

async function noMedia({ box }: House): Promise<void> {
  try {
    await until('the box holds no media', async () => (await box.mediaFiles()).length === 0, 30_000)
  } catch (cause) {
    throw new Error(`The box still holds ${(await box.mediaFiles()).join(', ')}`, { cause })
  }
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
