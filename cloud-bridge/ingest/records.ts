import type { Insertable } from 'kysely'
import type { Id } from '../../agent/protocol/envelope.ts'
import { believableTime } from '../store/believable-time.ts'
import type { Change } from '../store/change.ts'
import type { Tables, Tx } from '../store/tables.ts'
import type { Message } from './parse.ts'

// SQLite binds at most 32,766 values in one statement.
const ROWS_PER_INSERT = 1000

/** One camera's newest facts or health, or one box's host: the row that the highest number wins. */
interface Latest {
  readonly message: Message
  readonly value: string
  readonly at: number
}

/** Gathers what a batch of messages says, then writes it in few statements. */
export class Records {
  readonly #events: { account: Id; agent: Id; camera: Id; at: number; event: string }[] = []
  readonly #logs: { account: Id; agent: Id; camera: Id; at: number; lines: string }[] = []
  readonly #activity: { account: Id; agent: Id; camera: Id | null; at: number; kind: string; message: string }[] = []
  readonly #ledger: Insertable<Tables['ledger_rows']>[] = []
  readonly #latest = { cameras: new Map<string, Latest>(), health: new Map<string, Latest>() }
  /** Cameras that their boxes forgot, by box and camera. */
  readonly #forgotten = new Map<string, { message: Message; camera: Id; at: number }>()
  readonly #hosts = new Map<Id, Latest>()
  readonly #agents = new Map<Id, { account: Id; messages: number; status?: StatusColumns }>()
  readonly #nowMs: number
  readonly changes: Change[] = []

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  add(message: Message): void {
    const { agent, account, body, id = '' } = message
    const seen = this.#agents.get(agent) ?? { account, messages: 0 }
    this.#agents.set(agent, seen)
    if (message.number) seen.messages += 1
    if (!body) return
    const at = believableTime(body.payload.at, this.#nowMs)
    switch (body.name) {
      case 'camera-event':
        this.#events.push({ account, agent, camera: id, at, event: JSON.stringify(body.payload.event) })
        return
      case 'camera-log':
        this.#logs.push({ account, agent, camera: id, at, lines: JSON.stringify(body.payload.lines) })
        return
      case 'activity': {
        const { kind, camera = null, message: words } = body.payload
        this.#activity.push({ account, agent, camera, at, kind, message: words })
        if (kind === 'camera-forgotten' && camera) this.#forgotten.set(`${agent}/${camera}`, { message, camera, at })
        return
      }
      case 'ledger':
        for (const { grantSerial: grant_serial, ...row } of body.payload.rows) {
          this.#ledger.push({ agent, account, ...row, grant_serial, told_at: this.#nowMs })
        }
        return
      case 'camera-info':
        keepNewest(this.#latest.cameras, `${agent}/${id}`, { message, value: JSON.stringify(body.payload.info), at })
        return
      case 'camera-health':
        keepNewest(this.#latest.health, `${agent}/${id}`, { message, value: JSON.stringify(body.payload.health), at })
        return
      case 'host':
        keepNewest(this.#hosts, agent, { message, value: JSON.stringify(body.payload.host), at })
        return
      case 'status': {
        const { online, version, cap, spool } = body.payload
        seen.status = { online: online ? 1 : 0, version, cap: cap ? 1 : 0, spool: JSON.stringify(spool) }
        return
      }
      default:
        // Replies have no reader yet; what only a bridge may send was refused by the broker.
        return
    }
  }

  /** Marks a box as gone, where the connection ended without its own word. */
  addOffline(agent: Id, account: Id): void {
    const seen = this.#agents.get(agent) ?? { account, messages: 0 }
    this.#agents.set(agent, { ...seen, status: { ...seen.status, online: 0 } })
  }

  async write(tx: Tx): Promise<void> {
    await this.#writeEvents(tx)
    for (const rows of chunks(this.#logs)) await tx.insertInto('logs').values(rows).execute()
    await this.#writeActivity(tx)
    for (const rows of chunks(this.#ledger)) {
      // Sent again after a crash, they are the same rows.
      await tx
        .insertInto('ledger_rows')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    await this.#writeLatest(tx, 'cameras')
    await this.#writeLatest(tx, 'health')
    await this.#writeForgotten(tx)
    await this.#writeHosts(tx)
    await this.#writeAgents(tx)
  }

  async #writeEvents(tx: Tx): Promise<void> {
    for (const rows of chunks(this.#events)) {
      const written = await tx.insertInto('events').values(rows).returning(['id', 'account']).execute()
      for (const { id, account } of written) this.changes.push({ account, kind: 'event', id })
    }
  }

  async #writeActivity(tx: Tx): Promise<void> {
    for (const rows of chunks(this.#activity)) {
      const written = await tx.insertInto('activity').values(rows).returning(['id', 'account']).execute()
      for (const { id, account } of written) this.changes.push({ account, kind: 'activity', id })
    }
  }

  async #writeLatest(tx: Tx, table: 'cameras' | 'health'): Promise<void> {
    for (const { message, value, at } of this.#latest[table].values()) {
      const { agent, account, id: camera = '', number } = message
      const { stream, seq } = number ?? { stream: '', seq: 0 }
      const newest = { facts: value, stream, seq, at, ...(table === 'cameras' && { forgotten_at: null }) }
      await tx
        .insertInto(table)
        .values({ agent, account, camera, ...newest })
        .onConflict((conflict) =>
          conflict
            .columns(['agent', 'camera'])
            .doUpdateSet(newest)
            // An older one that was sent again must not overwrite a newer one of the same stream.
            .where((eb) => eb.or([eb(`${table}.stream`, '!=', stream), eb(`${table}.seq`, '<', seq)])),
        )
        .execute()
      this.changes.push({ account, kind: 'camera', agent, camera })
    }
  }

  /** What the box said of the camera afterwards counts more: ids are not given twice, but a queue may be sent again. */
  async #writeForgotten(tx: Tx): Promise<void> {
    for (const { message, camera, at } of this.#forgotten.values()) {
      const { account, agent, number } = message
      const { stream, seq } = number ?? { stream: '', seq: 0 }
      const { numUpdatedRows } = await tx
        .updateTable('cameras')
        .set({ forgotten_at: at })
        .where('account', '=', account)
        .where('agent', '=', agent)
        .where('camera', '=', camera)
        .where((eb) => eb.or([eb('stream', '!=', stream), eb('seq', '<', seq)]))
        .executeTakeFirst()
      if (numUpdatedRows === 0n) continue
      for (const kind of ['camera', 'camera-forgotten'] as const) this.changes.push({ account, kind, agent, camera })
    }
  }

  async #writeHosts(tx: Tx): Promise<void> {
    for (const [agent, { message, value }] of this.#hosts) {
      const { stream, seq } = message.number ?? { stream: '', seq: 0 }
      await tx
        .updateTable('agents')
        .set({ host: value, host_stream: stream, host_seq: seq })
        .where('id', '=', agent)
        .where((eb) => eb.or([eb('host_stream', '!=', stream), eb('host_seq', '<', seq)]))
        .execute()
    }
  }

  async #writeAgents(tx: Tx): Promise<void> {
    for (const [agent, { account, messages, status }] of this.#agents) {
      await tx
        .updateTable('agents')
        .set((eb) => ({ last_seen_at: this.#nowMs, messages: eb('messages', '+', messages), ...status }))
        .where('id', '=', agent)
        .execute()
      if (status || this.#hosts.has(agent)) this.changes.push({ account, kind: 'agent', agent })
      if (messages > 0) this.changes.push({ account, kind: 'totals' })
    }
  }
}

interface StatusColumns {
  readonly online: number
  readonly version?: string
  readonly cap?: number
  readonly spool?: string
}

function keepNewest(map: Map<string, Latest>, key: string, latest: Latest): void {
  const held = map.get(key)?.message.number
  const { number } = latest.message
  if (held && number && held.stream === number.stream && held.seq > number.seq) return
  map.set(key, latest)
}

function* chunks<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let i = 0; i < rows.length; i += ROWS_PER_INSERT) yield rows.slice(i, i + ROWS_PER_INSERT)
}
