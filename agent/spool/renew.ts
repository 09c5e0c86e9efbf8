import type { Database } from '../base/database.ts'
import { newId } from '../base/ids.ts'
import type { Id } from '../protocol/envelope.ts'

interface Numbered {
  readonly seq: number
  readonly payload: string
}

/** Names a new stream and numbers what waits anew from 1, the envelopes in the stored texts included. */
export function renewStream(db: Database): Id {
  const stream = newId()
  db.transaction(() => {
    const next = db.prepare<[number], Numbered>('SELECT seq, payload FROM message WHERE seq > ? ORDER BY seq LIMIT 1')
    const update = db.prepare('UPDATE message SET seq = ?, payload = ?, bytes = ? WHERE seq = ?')
    let made = 0
    // A message's new number is never above its old one, so that none meets another.
    for (let row = next.get(0); row; row = next.get(row.seq)) {
      made += 1
      const payload = renumbered(row.payload, made, stream)
      update.run(made, payload, Buffer.byteLength(payload), row.seq)
    }
    db.prepare('UPDATE spool SET stream = ?, next = ?, dropped = 0').run(stream, made + 1)
  })()
  return stream
}

/** The spool writes the envelope first and in this order. */
const renumbered = (payload: string, seq: number, stream: Id): string =>
  payload.replace(/^(\{"v":\d+,"at":\d+),"seq":\d+,"stream":"[a-z2-7]+"/, `$1,"seq":${seq},"stream":"${stream}"`)
