import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import pino from 'pino'
import { systemClock } from '../../agent/base/clock.ts'
import { Secret } from '../../agent/base/secret.ts'
import { Agent } from '../../agent/cli/agent.ts'
import { Overview } from '../../agent/cli/overview.ts'
import { makeStateDir, readStateDatabase, statePaths } from '../../agent/cli/state.ts'
import { AgentConfig } from '../../agent/config/schema.ts'
import { CredentialBook } from '../../agent/credentials/book.ts'
import { CredentialStore } from '../../agent/credentials/store.ts'
import { readEgressDatabase } from '../../agent/egress/egress.ts'
import { HealthStore } from '../../agent/health/store.ts'
import { InventoryStore } from '../../agent/inventory/store.ts'
import type { HealthFacts } from '../../agent/protocol/camera.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import { brokerAccess } from '../../agent/transport/broker-access.ts'
import { seededRandom } from '../../simulator/fleet/chance.ts'
import { type Fleet, type ProfileName, type SimulatedCamera, startFleet } from '../../simulator/fleet/index.ts'
import { freePorts } from '../harness/ports.ts'
import { nobody, type Owner, startOwner } from './owner.ts'

const PASSWORD = 'the-right-one'
const IDS = { agent: 'aaaaaaaaaaaaaaaa', account: 'bbbbbbbbbbbbbbbb' }
const PREFIX = 'none'

/** What waits to leave is kept small: the oldest goes first. */
const QUEUE_BYTES_MAX = 64 * 1_048_576

/** Between two cameras' addresses, so that one that moves does not step on another. */
const SPACING = 4

export interface FaultBed extends AsyncDisposable {
  readonly cameras: readonly SimulatedCamera[]
  /** How the agent says that each is, by its address; without those that it does not know. A device's first camera speaks for it. */
  look(): ReadonlyMap<string, HealthFacts>
  /** The owner allows clips and pictures of every camera known by now. */
  allow(): void
  /** Clips and pictures that wait to leave now, with their camera's address: nobody takes them. */
  taken(): readonly Taken[]
  /** The longest that the event loop stood still, in ms: agent and simulator share it. */
  stallMaxMs(): number
  /** Rejects when the agent ends with a failure. */
  readonly running: Promise<void>
}

interface Taken {
  readonly item: string
  readonly kind: string
  readonly address: string
  readonly bytes: number
}

export interface BedCamera {
  readonly profile: ProfileName
  /** On before the agent starts. */
  readonly faults?: readonly string[]
}

/** A real agent, without a bridge, over simulated cameras on loopback, and where told so their owner at a broker. All run in this process. */
export async function startBed(
  net: string,
  cameras: readonly BedCamera[],
  { seed = 1, isOwned = false }: { readonly seed?: number | undefined; readonly isOwned?: boolean } = {},
): Promise<FaultBed> {
  await using starting = new AsyncDisposableStack()
  const [discoveryPort = 0] = await freePorts(1)
  const fleet: Fleet = starting.use(
    await startFleet({
      cameras: cameras.map(({ profile, faults = [] }, i) => {
        const at = (i + 1) * SPACING
        return { profile, faults, address: `${net}.${Math.floor(at / 256)}.${at % 256}`, eventIntervalMs: 20_000 }
      }),
      password: PASSWORD,
      seed: `faults ${seed}`,
      rtspPort: 0,
      discoveryPort,
      multicast: false,
    }),
  )
  const stateDir = await mkdtemp(join(tmpdir(), 'lenscap-faults-'))
  starting.defer(() => rm(stateDir, { recursive: true, force: true }))
  const bits = Math.max(20, 32 - Math.ceil(Math.log2((cameras.length + 2) * SPACING)))
  const config = AgentConfig.parse({
    bridge: 'http://127.0.0.1:9',
    stateDir,
    discovery: { multicast: false, ranges: [`${net}.0.0/${bits}`], port: discoveryPort, intervalS: 10 },
    media: { preRollMs: 500, postRollMs: 1_000, queueBytesMax: QUEUE_BYTES_MAX },
  })
  const owner = starting.use(isOwned ? await startOwner(IDS.agent, IDS.account, PREFIX) : nobody())
  const { agent, stop } = await startAgent(config, owner, seed)
  const loop = monitorEventLoopDelay({ resolution: 10 })
  loop.enable()
  starting.defer(async () => {
    loop.disable()
    stop.abort()
    await agent.catch(() => {})
  })
  const parts = starting.move()
  return {
    cameras: fleet.cameras,
    running: agent,
    look: () => healths(config),
    allow: () => owner.allow([...addresses(config).keys()]),
    taken: () => takenIn(config),
    stallMaxMs: () => loop.max / 1e6,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

async function startAgent(config: AgentConfig, owner: Owner, seed: number) {
  const stop = new AbortController()
  makeStateDir(config)
  const token = new Secret('not-a-token-but-long-enough-to-be-one')
  const bridgeUrl = 'http://127.0.0.1:9'
  const { grantKey, mqttUrl } = owner
  const logger = pino({ level: process.env['BED_LOG'] ?? 'silent' })
  const credential = { id: 'config-1', username: 'admin', password: new Secret(PASSWORD), for: [] }
  const credentials = await CredentialBook.open({
    stateDir: config.stateDir,
    store: new CredentialStore(config.stateDir),
    configured: [credential],
    onTrouble: (reason) => logger.error({ reason }, 'The stored credentials are not used'),
    clock: systemClock,
  })
  const agent = new Agent({
    ...{ config, credentials, logger, settledBy: 'bridge', overview: new Overview(systemClock) },
    identity: { ...IDS, bridgeUrl, grantKey, token, mqttUrl, prefix: PREFIX },
    broker: await brokerAccess(config.mqtt, { url: mqttUrl, clientId: IDS.agent }),
    ...{ clock: systemClock, random: seededRandom(seed), signal: stop.signal },
    report: { onConnected() {}, onReset() {}, onForgotten() {}, onSent() {}, hook() {} },
  }).run()
  agent.catch(() => {}) // whoever waits for it hears of it
  return { agent, stop }
}

function healths(config: AgentConfig): ReadonlyMap<string, HealthFacts> {
  const found = new Map<string, HealthFacts>()
  const db = readStateDatabase(statePaths(config).state)
  if (db === undefined) return found
  try {
    const inventory = new InventoryStore(db)
    const store = new HealthStore(db)
    for (const { device, address } of inventory.devices()) {
      const [camera] = inventory.cameras(device)
      const health = camera && store.of(camera.camera)?.health
      if (health) found.set(address, health)
    }
    return found
  } finally {
    db.close()
  }
}

/** Where each known camera is; of a device with many, the first. */
function addresses(config: AgentConfig): ReadonlyMap<Id, string> {
  const found = new Map<Id, string>()
  const db = readStateDatabase(statePaths(config).state)
  if (db === undefined) return found
  try {
    const inventory = new InventoryStore(db)
    for (const { device, address } of inventory.devices()) {
      const [camera] = inventory.cameras(device)
      if (camera) found.set(camera.camera, address)
    }
    return found
  } finally {
    db.close()
  }
}

function takenIn(config: AgentConfig): readonly Taken[] {
  const db = readEgressDatabase(config.stateDir)
  if (db === undefined) return []
  try {
    const rows = db.prepare('SELECT item, kind, camera, bytes FROM item').all() as (Omit<Taken, 'address'> & {
      readonly camera: Id
    })[]
    const where = addresses(config)
    return rows.map(({ camera, ...row }) => ({ ...row, address: where.get(camera) ?? '' }))
  } finally {
    db.close()
  }
}
