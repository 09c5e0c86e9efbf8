import type { ServerResponse } from 'node:http'
import { describeError } from '../../agent/base/errors.ts'
import type { Logger } from '../../agent/base/logger.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { Change } from '../store/change.ts'
import type { StreamMessage } from './api.ts'
import type { Views } from './views.ts'

// Many changes within this time become one look at the records.
const GATHER_MS = 100
// Of each kind that a page shows a hundred of: the newest count.
const NEWS_MAX = 250
// Of cameras, boxes and items that changed: with more, pages are better off reading everything again.
const STATES_MAX = 5000
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
  /** What changed, each thing once however often it did. */
  changes: Map<string, Change>
  /** Set while changes gather and while they are told: one telling at a time, so that none piles up. */
  telling: NodeJS.Timeout | undefined
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

  /** False: this account has as many pages open as it may. */
  hasRoom(account: Id): boolean {
    return (this.#accounts.get(account)?.clients.size ?? 0) < CLIENTS_MAX
  }

  /** Takes a response over. */
  add(account: Id, client: Client): void {
    // Gone while we asked who it is: its `close` has been, and would never take it off the list.
    if (client.response.closed || client.response.destroyed) return
    const watched = this.#accounts.get(account) ?? { clients: new Set(), changes: new Map(), telling: undefined }
    this.#accounts.set(account, watched)
    watched.clients.add(client)
    client.response.once('close', () => {
      watched.clients.delete(client)
      if (watched.clients.size > 0) return
      clearTimeout(watched.telling)
      if (this.#accounts.get(account) === watched) this.#accounts.delete(account)
    })
    write(client, ': here\n\n')
  }

  /** Told after each commit. */
  changed(changes: readonly Change[]): void {
    for (const change of changes) {
      const watched = this.#accounts.get(change.account)
      if (!watched) continue
      watched.changes.set(JSON.stringify(change), change)
      this.#gather(watched, change.account)
    }
  }

  /** A session's pages end with it. */
  signedOut(session: string): void {
    for (const { clients } of this.#accounts.values()) {
      for (const client of clients) if (client.session === session) client.response.end()
    }
  }

  /** An account's pages end: it is no more. */
  end(account: Id): void {
    for (const { response } of this.#accounts.get(account)?.clients ?? []) response.end()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#keepAlive)
    for (const { clients, telling } of this.#accounts.values()) {
      clearTimeout(telling)
      for (const { response } of clients) response.end()
    }
  }

  #gather(watched: Account, account: Id): void {
    watched.telling ??= setTimeout(() => {
      const changes = [...watched.changes.values()]
      watched.changes = new Map()
      this.#tell(watched, account, changes)
        .catch((error: unknown) => this.#logger.error({ reason: describeError(error) }, "can't tell the open pages"))
        .finally(() => {
          watched.telling = undefined
          if (watched.changes.size > 0 && watched.clients.size > 0) this.#gather(watched, account)
        })
    }, GATHER_MS)
    if (watched.changes.size > STATES_MAX) dropOldNews(watched)
  }

  async #tell(watched: Account, account: Id, changes: readonly Change[]): Promise<void> {
    for await (const message of this.#messages(account, changes)) {
      const data = `data: ${JSON.stringify(message)}\n\n`
      for (const client of watched.clients) write(client, data)
    }
  }

  async *#messages(account: Id, changes: readonly Change[]): AsyncGenerator<StreamMessage> {
    const eventIds = changes.flatMap((change) => (change.kind === 'event' ? [change.id] : [])).slice(-NEWS_MAX)
    const activityIds = changes.flatMap((change) => (change.kind === 'activity' ? [change.id] : [])).slice(-NEWS_MAX)
    const events = await this.#views.eventsById(account, eventIds)
    for (const event of events) yield { type: 'event', event }
    for (const activity of await this.#views.activityById(account, activityIds)) yield { type: 'activity', activity }
    for (const change of changes) {
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
        case 'camera-removed':
          yield { type: 'camera-removed', camera: change.camera }
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

/** Keeps what pages show of events and activity; where even the rest is too much, its pages come back and read all. */
function dropOldNews(watched: Account): void {
  const news = [...watched.changes].filter(([, { kind }]) => kind === 'event' || kind === 'activity')
  for (const [key] of news.slice(0, -2 * NEWS_MAX)) watched.changes.delete(key)
  if (watched.changes.size <= STATES_MAX) return
  watched.changes.clear()
  for (const { response } of watched.clients) response.end()
}
