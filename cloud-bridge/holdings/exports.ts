import { Readable } from 'node:stream'
import type { Clock } from '../../agent/base/clock.ts'
import { errorKind, LenscapError } from '../../agent/base/errors.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { Db, ItemRow } from '../store/tables.ts'
import type { Content, Contents } from './contents.ts'
import { documentsOf } from './documents.ts'
import { TAR_END, tarHeader, tarPadding } from './tar.ts'
import { thumbnailsOf } from './thumbnails.ts'

const OPEN_PER_ACCOUNT_MAX = 2
const ITEMS_PER_PAGE = 200

const ABOUT = `Everything that this Lenscap bridge held about your account when you asked for it.

account.json      you, who signs in, when sessions began and end
boxes.json        your boxes, and the permission that each was sent last
cameras.json      your cameras as they described themselves, how they were, what may leave
consent-history/  every turn of a switch: who, when, what
media-left/       what your boxes say of every transfer of media, as their ledgers have it
media-received/   what of it came in here, also what was deleted since
events/           what the cameras said happened
activity/         what the boxes did
camera-logs/      the cameras' own logs
items/            what is known of each picture and clip
media/            the pictures and clips themselves, by box and camera

Times are UTC, in milliseconds since 1970. "bytes" and "sha256" are of what the box sent, which is encrypted where
"encrypted" is true. Files that end with .lenscap are encrypted for a key that only you hold: docs/media-format.md of
Lenscap says how to read them.
`

export interface ExportsDeps {
  readonly db: Db
  readonly clock: Clock
  readonly contents: Contents
}

/** Gives an owner everything that is held about them, as one archive. */
export class Exports {
  readonly #deps: ExportsDeps
  readonly #open = new Map<Id, Set<Readable>>()

  constructor(deps: ExportsDeps) {
    this.#deps = deps
  }

  /**
   * The archive, made as it is read. It breaks off with an error rather than end incomplete.
   * @throws LenscapError `busy` while this account has too many under way
   */
  open(account: Id): Readable {
    const open = this.#open.get(account) ?? new Set()
    if (open.size >= OPEN_PER_ACCOUNT_MAX) throw new LenscapError('busy', 'An export is under way: let it end first')
    const archive = Readable.from(this.#archive(account), { objectMode: false })
    this.#open.set(account, open.add(archive))
    archive.once('close', () => {
      open.delete(archive)
      if (open.size === 0 && this.#open.get(account) === open) this.#open.delete(account)
    })
    return archive
  }

  /** Breaks off what is under way for an account: it is no more. */
  end(account: Id): void {
    for (const archive of this.#open.get(account) ?? []) {
      archive.destroy(new LenscapError('cancelled', 'The account is no more'))
    }
  }

  async *#archive(account: Id): AsyncGenerator<Buffer> {
    const { db, clock } = this.#deps
    const nowMs = clock.nowMs()
    yield* file('README.txt', Buffer.from(ABOUT), nowMs)
    for await (const { name, value } of documentsOf(db, account)) yield* file(name, json(value), nowMs)
    yield* this.#media(account, nowMs)
    yield TAR_END
  }

  async *#media(account: Id, nowMs: number): AsyncGenerator<Buffer> {
    let after: Pick<ItemRow, 'agent' | 'id'> = { agent: '', id: '' }
    for (let page = 1; ; page += 1) {
      const items = await itemsAfter(this.#deps.db, account, after)
      const thumbnails = await thumbnailsOf(this.#deps.db, items)
      const words = items.map(({ blob: _, envelope, locked, ...item }) => ({
        ...item,
        thumbnail: thumbnails.get(item.id)?.item ?? null,
        encrypted: envelope !== null,
        locked: locked === 1,
        file: pathOf({ ...item, locked }),
      }))
      if (words.length > 0) yield* file(`items/${String(page).padStart(6, '0')}.json`, json(words), nowMs)
      for (const item of items) yield* this.#content(item)
      if (items.length < ITEMS_PER_PAGE) return
      after = items.at(-1) ?? after
    }
  }

  async *#content(item: ItemRow): AsyncGenerator<Buffer> {
    const { db } = this.#deps
    const content = await this.#read(item).catch(async (error: unknown) => {
      // Deleted since its page was read: then it is not held any more, and not missed.
      const held = await db.selectFrom('items').select('id').where('blob', '=', item.blob).executeTakeFirst()
      if (held || errorKind(error) !== 'storage') throw error
      return undefined
    })
    if (!content) return
    yield tarHeader(pathOf(item), content.bytes, item.taken_at)
    let bytes = 0
    for await (const chunk of content.stream) {
      bytes += chunk.length
      yield chunk
    }
    if (bytes !== content.bytes) throw new LenscapError('storage', 'A media file is not as long as it was', { bytes })
    yield tarPadding(bytes)
  }

  /** As it was taken, where we can read it; else as it came, for its owner to read. */
  async #read(item: ItemRow): Promise<Content> {
    const { contents } = this.#deps
    if (item.locked) return await contents.readSealed(item)
    const bytes = contents.plainBytes(item)
    return { bytes, stream: await contents.read(item, { start: 0, end: bytes - 1 }) }
  }
}

const itemsAfter = (db: Db, account: Id, { agent, id }: Pick<ItemRow, 'agent' | 'id'>) =>
  db
    .selectFrom('items')
    .selectAll()
    .where('account', '=', account)
    .where('id', '>=', id)
    .where((eb) => eb.or([eb('id', '>', id), eb('agent', '>', agent)]))
    .orderBy('id')
    .orderBy('agent')
    .limit(ITEMS_PER_PAGE)
    .execute()

const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 1)}\n`)

function pathOf(item: Omit<ItemRow, 'blob' | 'envelope'>): string {
  const time = new Date(item.taken_at).toISOString().slice(0, 19).replaceAll(':', '-')
  const ending = (item.content_type === 'video/mp4' ? 'mp4' : 'jpg') + (item.locked ? '.lenscap' : '')
  return `media/${item.agent}/${item.camera}/${time}-${item.id}.${ending}`
}

function* file(name: string, bytes: Buffer, modifiedMs: number): Generator<Buffer> {
  yield tarHeader(name, bytes.length, modifiedMs)
  yield bytes
  yield tarPadding(bytes.length)
}
