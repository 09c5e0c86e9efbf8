import type { Database } from '../base/database.ts'
import { PAYLOAD_BYTES_MAX } from '../protocol/topics.ts'
import { type CheckedMessage, checkMessage, type SpoolMessage } from './message.ts'

export interface SpoolBounds {
  readonly bytesMax: number
  readonly messagesMax: number
}

/** What was let go, and when the first and the last of it happened (UTC ms). */
export interface Eviction {
  /** Messages let go by this step. */
  readonly fresh: number
  /** These, and those that earlier notices among them had named. */
  readonly lost: number
  readonly fromMs: number
  readonly toMs: number
  readonly rows: number
  readonly bytes: number
}

interface Oldest {
  readonly seq: number
  readonly at: number
  readonly bytes: number
  readonly lost: number | null
  readonly lostFrom: number | null
}

/**
 * Deletes the oldest messages until at least so many rows and bytes are gone. A notice of earlier losses that goes
 * itself hands its count on, so that the newest notice names them all.
 */
export function evictOldest(db: Database, rowsMin: number, bytesMin: number): Eviction | undefined {
  const oldest = db.prepare<[], Oldest>('SELECT seq, at, bytes, lost, lost_from AS lostFrom FROM message ORDER BY seq')
  const gone = { fresh: 0, lost: 0, fromMs: Number.POSITIVE_INFINITY, toMs: 0, rows: 0, bytes: 0 }
  let last = 0
  for (const row of oldest.iterate()) {
    if (gone.rows >= rowsMin && gone.bytes >= bytesMin) break
    gone.fresh += row.lost === null ? 1 : 0
    gone.lost += row.lost ?? 1
    gone.fromMs = Math.min(gone.fromMs, row.lostFrom ?? row.at)
    gone.toMs = Math.max(gone.toMs, row.lostFrom ?? row.at)
    gone.rows += 1
    gone.bytes += row.bytes
    last = row.seq
  }
  if (gone.rows === 0) return undefined
  db.prepare('DELETE FROM message WHERE seq <= ?').run(last)
  return gone
}

/** How far to go below the bounds at once, so that a full spool does not name a loss with every message. */
export const evictionStep = (bounds: SpoolBounds) => ({
  rows: Math.ceil(bounds.messagesMax / 32),
  bytes: Math.ceil(bounds.bytesMax / 32),
})

/** The message that names the loss in the data itself. */
export function evictionNotice(eviction: Eviction, nowMs: number) {
  const [from, to] = [eviction.fromMs, eviction.toMs].map((ms) => new Date(ms).toISOString())
  return checkMessage(
    notice(`The box's queue was full: ${eviction.lost} messages were let go, from ${from} to ${to}`),
    nowMs,
  )
}

/** The message that opens the stream after a damaged file. */
export const damageNotice = (nowMs: number) =>
  checkMessage(
    notice("The box's queue was damaged and was set aside: messages that had not arrived by now are lost"),
    nowMs,
  )

const notice = (message: string): SpoolMessage => ({
  name: 'activity',
  body: { kind: 'messages-dropped', message },
})

/** What a message is called where its owner is told of it. */
interface About {
  readonly name: string
  readonly id?: string | undefined
}

const named = ({ name, id }: About) => `A ${name} message${id === undefined ? '' : ` of camera ${id}`}`

/** What the owner is told of a message that is larger than the broker takes. */
export const tooLargeNotice = (about: About, bytes: number, nowMs: number): CheckedMessage =>
  checkMessage(
    notice(
      `${named(about)} with ${bytes} bytes was set aside: the broker takes no such size, raise its limit to ${PAYLOAD_BYTES_MAX} bytes`,
    ),
    nowMs,
  )

/** What the owner is told of a message that is larger than any broker needs to take: it never had a number. */
export const unkeptNotice = (about: About, nowMs: number): CheckedMessage =>
  checkMessage(
    notice(`${named(about)} was not kept: it says more than the ${PAYLOAD_BYTES_MAX} bytes that a message may have`),
    nowMs,
  )
