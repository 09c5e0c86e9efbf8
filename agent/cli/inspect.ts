import { existsSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import { silentLogger } from '../base/logger.ts'
import { loadConfig } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import { Cap } from '../consent/cap.ts'
import { openEgressDatabase } from '../egress/egress.ts'
import { Ledger } from '../egress/ledger.ts'
import { InventoryStore } from '../inventory/store.ts'
import { Spool } from '../spool/spool.ts'
import { loadIdentity } from '../transport/identity.ts'
import { EXIT, type Output, table } from './output.ts'
import { makeStateDir, openStateDatabase, statePaths } from './state.ts'

/** `status`: what a box knows of itself, read from its disk: it works beside a running agent and without one. */
export async function showStatus(configPath: string, output: Output): Promise<number> {
  const config = await stateOf(configPath)
  const { claimed } = await loadIdentity(config.stateDir)
  using spool = new Spool({ path: statePaths(config).spool, clock: systemClock, logger: silentLogger })
  const sent = withLedger(config, (ledger) => ledger.totals())
  const cap = new Cap(config.stateDir).isOn()
  const status = {
    agent: claimed?.agent ?? null,
    bridge: claimed?.bridgeUrl ?? config.bridge,
    cap,
    spool: spool.depth(),
    sent,
  }
  output.answer(status, () =>
    [
      `Agent    ${status.agent ?? 'not claimed yet'}`,
      `Bridge   ${status.bridge}`,
      `Cap      ${cap ? 'on: nothing leaves' : "off: what leaves is the owner's choice"}`,
      `Spool    ${status.spool.messages} messages wait, ${status.spool.dropped} were let go`,
      `Sent     ${sent.items} items, ${sent.bytes} bytes of media, ever`,
    ].join('\n'),
  )
  return EXIT.done
}

/** `cameras`: every camera that the box knows. */
export async function showCameras(configPath: string, output: Output): Promise<number> {
  const config = await stateOf(configPath)
  const db = openStateDatabase(statePaths(config).state)
  try {
    const store = new InventoryStore(db)
    const cameras = store
      .devices()
      .flatMap(({ device }) => store.cameras(device))
      .flatMap(({ camera, facts }) => (facts ? [{ camera, ...facts }] : []))
    output.answer(cameras, () =>
      table(
        ['CAMERA', 'ADDRESS', 'MAKER', 'MODEL', 'CH', 'SERIAL', 'FIRMWARE'],
        cameras.map((c) => [
          c.camera,
          c.address,
          c.manufacturer,
          c.model,
          String(c.channel ?? ''),
          c.serial,
          c.firmware,
        ]),
      ),
    )
    return EXIT.done
  } finally {
    db.close()
  }
}

/** `ledger`: what media left; with `verify`, whether the chain of it is whole. */
export async function showLedger(configPath: string, verify: boolean, output: Output): Promise<number> {
  const config = await stateOf(configPath)
  return withLedger(config, (ledger) => {
    if (verify) {
      const check = ledger.verify()
      const { broken } = check
      output.answer(check, () =>
        broken ? `Broken at row ${broken.n}: ${broken.reason}` : `Whole: ${check.rows} rows, head ${check.head}`,
      )
      return broken ? EXIT.failed : EXIT.done
    }
    const rows = ledger.rows(0, 10_000)
    output.answer(rows, () =>
      table(
        ['ROW', 'TIME', 'CAMERA', 'KIND', 'GRANT', 'BYTES', 'OUTCOME'],
        rows.map((r) => [
          String(r.n),
          new Date(r.at).toISOString(),
          r.camera,
          r.kind,
          String(r.grantSerial),
          String(r.bytes),
          r.outcome,
        ]),
      ),
    )
    return EXIT.done
  })
}

/** `cap on|off`: the local veto, at once, with or without a running agent. */
export async function setCap(configPath: string, on: boolean, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  makeStateDir(config)
  new Cap(config.stateDir).set(on)
  output.answer({ cap: on }, () => (on ? 'Cap on: nothing leaves' : "Cap off: what leaves is the owner's choice"))
  return EXIT.done
}

async function stateOf(configPath: string): Promise<AgentConfig> {
  const config = await loadConfig(configPath)
  if (existsSync(config.stateDir)) return config
  throw new LenscapError('invalid', `Nothing has run with ${configPath} yet: ${config.stateDir} is not there`)
}

function withLedger<T>(config: AgentConfig, read: (ledger: Ledger) => T): T {
  const db = openEgressDatabase(config.stateDir)
  try {
    return read(new Ledger(db))
  } finally {
    db.close()
  }
}
