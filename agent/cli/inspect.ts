import { existsSync } from 'node:fs'
import type { Database } from '../base/database.ts'
import { LenscapError } from '../base/errors.ts'
import { loadConfig } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import { Cap } from '../consent/cap.ts'
import { readEgressDatabase } from '../egress/egress.ts'
import { Ledger, type LedgerRow } from '../egress/ledger.ts'
import { InventoryStore } from '../inventory/store.ts'
import type { CameraFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import { readSpoolDepth } from '../spool/file.ts'
import { readIdentity } from '../transport/identity.ts'
import { EXIT, type Output, table, utcTime, wrapped } from './output.ts'
import { readStateDatabase, statePaths } from './state.ts'

const CAMERA_HEAD = ['CAMERA', 'ADDRESS', 'MAKER', 'MODEL', 'CH', 'SERIAL', 'FIRMWARE']
const PAGE_ROWS = 10_000
const NO_CAMERAS = 'This box knows no camera yet: "lenscap-agent doctor" says whether something is in its way'

/** `status`: what a box knows of itself, from its disk; and from the agent, where one runs. */
export async function showStatus(configPath: string, output: Output): Promise<number> {
  const config = await stateOf(configPath)
  const identity = await readIdentity(config.stateDir)
  const claimed = config.bridge === undefined ? undefined : identity?.claimed
  // An agent that runs reads what is known here too, and needs nothing of those who ask it.
  const { runningState } = await import('./running.ts')
  const running = await runningState(config.stateDir)
  const sent = withLedger(config, (ledger) => ledger?.totals()) ?? { items: 0, bytes: 0 }
  const status = {
    agent: (config.bridge === undefined ? identity?.standalone : claimed?.agent) ?? null,
    bridge: claimed?.bridgeUrl ?? config.bridge ?? null,
    settledBy: config.bridge === undefined ? 'broker' : 'bridge',
    running: running !== undefined,
    connected: running?.connected ?? false,
    trouble: running?.trouble ?? '',
    cap: new Cap(config.stateDir).isOn(),
    spool: readSpoolDepth(statePaths(config).spool) ?? { messages: 0, bytes: 0, dropped: 0 },
    sent,
  }
  output.answer(status, () => statusText(status, output.width))
  return EXIT.done
}

interface BoxStatus {
  readonly agent: string | null
  readonly bridge: string | null
  readonly running: boolean
  readonly connected: boolean
  readonly trouble: string
  readonly cap: boolean
  readonly spool: { readonly messages: number; readonly dropped: number }
  readonly sent: { readonly items: number; readonly bytes: number }
}

function statusText(status: BoxStatus, width = Number.POSITIVE_INFINITY): string {
  const { agent, bridge, running, connected, trouble, cap, spool, sent } = status
  const link = connected ? 'runs, connected' : `runs, not connected${trouble === '' ? '' : `: ${trouble}`}`
  return [
    `Agent    ${agent ?? (bridge === null ? 'has not run yet' : 'not claimed yet')}`,
    `Process  ${running ? link : 'does not run, or is another user’s'}`,
    ...(bridge === null
      ? ['Bridge   none: the broker’s word lets messages be forgotten, which is no promise that they were kept']
      : [`Bridge   ${bridge}`]),
    `Cap      ${cap ? 'on: nothing leaves' : "off: what leaves is the owner's choice"}`,
    `Spool    ${spool.messages} messages wait, ${spool.dropped} were let go`,
    `Sent     ${sent.items} items, ${sent.bytes} bytes of media, ever`,
  ]
    .map((line) => wrapped(line, width, '         '))
    .join('\n')
}

/** `cameras`: every camera that the box knows. */
export async function showCameras(configPath: string, output: Output): Promise<number> {
  const cameras = knownCameras(await stateOf(configPath))
  const rows = cameras.map((c) => {
    return [c.camera, c.address, c.manufacturer, c.model, String(c.channel ?? ''), c.serial, c.firmware]
  })
  output.answer(cameras, () =>
    rows.length === 0 ? NO_CAMERAS : table(CAMERA_HEAD, rows, { width: output.width, whole: 2 }),
  )
  return EXIT.done
}

export type KnownCamera = CameraFacts & { readonly camera: Id }

/** The cameras in the box's records, by address; none where no agent has run yet. */
export function knownCameras(config: AgentConfig): KnownCamera[] {
  const db = readStateDatabase(statePaths(config).state)
  if (db === undefined) return []
  try {
    return knownIn(db).toSorted((a, b) => a.address.localeCompare(b.address, 'en', { numeric: true }))
  } finally {
    db.close()
  }
}

/** The same from records that are open. */
export function knownIn(db: Database): KnownCamera[] {
  const store = new InventoryStore(db)
  return store
    .devices()
    .flatMap(({ device }) => store.cameras(device))
    .flatMap(({ camera, facts }) => (facts ? [{ camera, ...facts }] : []))
}

/** Their ids alone. */
export const idsIn = (db: Database): ReadonlySet<Id> => new Set(knownIn(db).map(({ camera }) => camera))

/** `ledger`: what media left; with `verify`, whether the chain of it is whole. */
export async function showLedger(configPath: string, verify: boolean, output: Output): Promise<number> {
  const config = await stateOf(configPath)
  return withLedger(config, (ledger) => {
    if (verify) {
      const check = ledger?.verify() ?? { rows: 0, head: '', broken: undefined }
      const { broken } = check
      output.answer(check, () =>
        broken ? `Broken at row ${broken.n}: ${broken.reason}` : `Whole: ${check.rows} rows\nHead: ${check.head}`,
      )
      return broken ? EXIT.failed : EXIT.done
    }
    const rows = ledger ? [...allRows(ledger)] : []
    output.answer(rows, () =>
      rows.length === 0
        ? 'No media has left this box.'
        : table(
            ['ROW', 'TIME (UTC)', 'CAMERA', 'KIND', 'GRANT', 'BYTES', 'OUTCOME'],
            rows.map((r) => {
              return [String(r.n), utcTime(r.at), r.camera, r.kind, String(r.grantSerial), String(r.bytes), r.outcome]
            }),
            { width: output.width, whole: 3 },
          ),
    )
    return EXIT.done
  })
}

function* allRows(ledger: Ledger): Generator<LedgerRow> {
  let last = 0
  for (let page = ledger.rows(0, PAGE_ROWS); page.length > 0; page = ledger.rows(last, PAGE_ROWS)) {
    yield* page
    last = page.at(-1)?.n ?? Number.POSITIVE_INFINITY
  }
}

/** `cap on|off`: the local veto, at once, with or without a running agent. */
export async function setCap(configPath: string, on: boolean, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  new Cap(config.stateDir).set(on)
  output.answer({ cap: on }, () => (on ? 'Cap on: nothing leaves' : "Cap off: what leaves is the owner's choice"))
  return EXIT.done
}

async function stateOf(configPath: string): Promise<AgentConfig> {
  const config = await loadConfig(configPath)
  if (existsSync(config.stateDir)) return config
  throw new LenscapError('invalid', `Nothing has run with ${configPath} yet: ${config.stateDir} is not there`)
}

/** The ledger is only read: a tool that is run by root must leave nothing that the agent could not write. */
function withLedger<T>(config: AgentConfig, read: (ledger: Ledger | undefined) => T): T {
  const db = readEgressDatabase(config.stateDir)
  try {
    return read(db && new Ledger(db))
  } finally {
    db?.close()
  }
}
