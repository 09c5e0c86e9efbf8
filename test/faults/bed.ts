import { generateKeyPairSync } from 'node:crypto'
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
import { HealthStore } from '../../agent/health/store.ts'
import { InventoryStore } from '../../agent/inventory/store.ts'
import type { HealthFacts } from '../../agent/protocol/camera.ts'
import { brokerAccess } from '../../agent/transport/broker-access.ts'
import { seededRandom } from '../../simulator/fleet/chance.ts'
import { type Fleet, type ProfileName, type SimulatedCamera, startFleet } from '../../simulator/fleet/index.ts'
import { freePorts } from '../harness/ports.ts'

const PASSWORD = 'the-right-one'

/** Between two cameras' addresses, so that one that moves does not step on another. */
const SPACING = 4

export interface FaultBed extends AsyncDisposable {
  readonly cameras: readonly SimulatedCamera[]
  /** How the agent says that each is, by its address; without those that it does not know. A device's first camera speaks for it. */
  look(): ReadonlyMap<string, HealthFacts>
  /** The longest that the event loop stood still, in ms: agent and simulator share it. */
  stallMaxMs(): number
  /** Rejects when the agent ends with a failure. */
  readonly running: Promise<void>
}

export interface BedCamera {
  readonly profile: ProfileName
  /** On before the agent starts. */
  readonly faults?: readonly string[]
}

/** A real agent, without a bridge, over simulated cameras on loopback. Both run in this process. */
export async function startBed(net: string, cameras: readonly BedCamera[], seed = 1): Promise<FaultBed> {
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
  })
  const { agent, stop } = await startAgent(config, seed)
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
    stallMaxMs: () => loop.max / 1e6,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

async function startAgent(config: AgentConfig, seed: number) {
  const stop = new AbortController()
  makeStateDir(config)
  const ids = { agent: 'aaaaaaaaaaaaaaaa', account: 'bbbbbbbbbbbbbbbb' }
  const token = new Secret('not-a-token-but-long-enough-to-be-one')
  const bridgeUrl = 'http://127.0.0.1:9'
  const grantKey = generateKeyPairSync('ed25519').publicKey
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
    identity: { ...ids, bridgeUrl, grantKey, token, mqttUrl: 'mqtt://127.0.0.1:9', prefix: 'none' },
    broker: await brokerAccess(config.mqtt, { url: 'mqtt://127.0.0.1:9', clientId: ids.agent }),
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
