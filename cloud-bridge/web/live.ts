import type { ServerResponse } from 'node:http'
import { describeError } from '../../agent/base/errors.ts'
import type { Logger } from '../../agent/base/logger.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { Change } from '../store/change.ts'
import type { StreamMessage } from './api.ts'
import type { Views } from './views.ts'

// Many changes within this time become one look at the records.
const GATHER_MS = 100
const CHANGES_MAX = 500
const KEEP_ALIVE_MS = 15_000
const CLIENT_BYTES_MAX = 1_048_576
const CLIENTS_MAX = 64

interface Client {
  readonly response: ServerResponse
  readonly session: string
  readonly stillSignedIn: () => Promise<boolean>
}

interface Account {
  readonly clients: Set<Client>
  changes: Change[]
  timer: NodeJS.Timeout | undefined
}

/**
 * Tells open pages what changed (server-sent events). What is watched by nobody costs nothing; a page that does not read is
 * let go when a bound is crossed, and gets everything again when it comes back.
 */
export class Live implements Disposable {
  readonly #views: Views
  readonly #logger: Logger
  readonly #accounts = new Map<Id, Account>()
  readonly #keepAlive: NodeJS.Timeout

  constructor(views: Views, logger: Logger) {
    this.#views = views
    this.#logger = logger
    this.#keepAlive = setInterval(() => this.#beat(), KEEP_ALIVE_MS).unref()
  }

  /** Takes a response over. False: this account has too many pages open. */
  add(account: Id, client: Client): boolean {
    const watched = this.#accounts.get(account) ?? { clients: new Set(), changes: [], timer: undefined }
    if (watched.clients.size >= CLIENTS_MAX) return false
    this.#accounts.set(account, watched)
    watched.clients.add(client)
    client.response.once('close', () => {
      watched.clients.delete(client)
      if (watched.clients.size > 0) return
      clearTimeout(watched.timer)
      if (this.#accounts.get(account) === watched) this.#accounts.delete(account)
    })
    write(client, ': here\n\n')
    return true
  }

  /** Told after each commit. */
  changed(changes: readonly Change[]): void {
    for (const change of changes) {
      const watched = this.#accounts.get(change.account)
      if (!watched) continue
      watched.changes.push(change)
      watched.timer ??= setTimeout(() => {
        const gathered = watched.changes.slice(-CHANGES_MAX)
        watched.changes = []
        watched.timer = undefined
        this.#tell(watched, change.account, gathered).catch((error: unknown) =>
          this.#logger.error({ reason: describeError(error) }, "can't tell the open pages"),
        )
      }, GATHER_MS)
      if (watched.changes.length > 2 * CHANGES_MAX) watched.changes.splice(0, CHANGES_MAX)
    }
  }

  /** A session's pages end with it. */
  signedOut(session: string): void {
    for (const { clients } of this.#accounts.values()) {
      for (const client of clients) if (client.session === session) client.response.end()
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#keepAlive)
    for (const { clients, timer } of this.#accounts.values()) {
      clearTimeout(timer)
      for (const { response } of clients) response.end()
    }
  }

  async #tell(watched: Account, account: Id, changes: readonly Change[]): Promise<void> {
    for await (const message of this.#messages(account, changes)) {
      const data = `data: ${JSON.stringify(message)}\n\n`
      for (const client of watched.clients) write(client, data)
    }
  }

  async *#messages(account: Id, changes: readonly Change[]): AsyncGenerator<StreamMessage> {
    const eventIds = changes.flatMap((change) => (change.kind === 'event' ? [change.id] : []))
    const activityIds = changes.flatMap((change) => (change.kind === 'activity' ? [change.id] : []))
    const events = await this.#views.eventsById(account, eventIds)
    for (const event of events) yield { type: 'event', event }
    for (const activity of await this.#views.activityById(account, activityIds)) yield { type: 'activity', activity }
    for (const change of distinct(changes)) {
      switch (change.kind) {
        case 'agent':
          for (const agent of await this.#views.agents(account, change.agent)) yield { type: 'agent', agent }
          break
        case 'camera':
          for (const camera of await this.#views.cameras(account, change)) yield { type: 'camera', camera }
          break
        case 'item': {
          const item = await this.#views.item(account, change.item)
          if (item) yield { type: 'item', item: item.view }
          break
        }
        case 'item-deleted':
          yield { type: 'item-deleted', item: change.item, camera: change.camera }
          break
        case 'totals':
          yield { type: 'totals', totals: await this.#views.totals(account) }
          break
        default:
          break
      }
    }
  }

  #beat(): void {
    for (const { clients } of this.#accounts.values()) {
      for (const client of clients) {
        client.stillSignedIn().then(
          (yes) => (yes ? write(client, ': still here\n\n') : client.response.end()),
          () => client.response.end(),
        )
      }
    }
  }
}

function write({ response }: Client, text: string): void {
  if (response.destroyed || response.writableEnded) return
  if (response.writableLength > CLIENT_BYTES_MAX) response.destroy()
  else response.write(text)
}

/** Each thing once, however often it changed. */
function distinct(changes: readonly Change[]): Change[] {
  return Array.from(new Map(changes.map((change) => [JSON.stringify(change), change])).values())
}
