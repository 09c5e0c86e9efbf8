import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import type { DeviceEvent } from './event.ts'
import { EVENTS_TABLES, Heard } from './heard.ts'
import { type Subscribable, watchEvents } from './watch.ts'

/** A device that answers each pull with nothing. */
const quiet = {
  createPullPoint: async () => ({
    livesMs: 60_000,
    pull: async () => [],
    renew: async () => {},
    unsubscribe: async () => {},
  }),
} as unknown as Subscribable

test('what lies between two runs is told as a gap, and nothing before the first', async () => {
  const run = async (heardAtMs: number | undefined) => {
    const stopping = new AbortController()
    const marks: number[] = []
    const events: DeviceEvent[] = []
    const onHeard = (atMs: number) => {
      marks.push(atMs)
      if (marks.length === 2) stopping.abort()
    }
    const options = { clock: systemClock, signal: stopping.signal, random: () => 0, heardAtMs, onHeard }
    for await (const event of watchEvents(() => quiet, options)) events.push(event)
    return { marks, events }
  }
  const first = await run(undefined)
  assert.deepEqual(first.events, [])
  const [mark = 0] = first.marks
  const second = await run(mark)
  assert.deepEqual(
    second.events.map(({ kind, data }) => [kind, data['from']]),
    [['gap', new Date(mark).toISOString()]],
  )
})

test('marks are kept across restarts, all devices in one commit every ten seconds', () => {
  const db = openDatabase(':memory:', [EVENTS_TABLES])
  const heard = new Heard(db)
  const kept = () => ['a', 'b'].map((device) => new Heard(db).lastOf(device))
  heard.note('a', 1_000)
  heard.note('b', 2_000)
  assert.deepEqual(kept(), [1_000, 2_000], 'a new device is kept at once')
  heard.note('a', 9_000)
  heard.note('b', 9_500)
  assert.deepEqual(kept(), [1_000, 2_000])
  heard.note('a', 12_000.4)
  assert.deepEqual(kept(), [12_000, 9_500])
  heard.note('b', 13_000)
  heard[Symbol.dispose]()
  assert.equal(new Heard(db).lastOf('b'), 13_000)
  db.close()
})
