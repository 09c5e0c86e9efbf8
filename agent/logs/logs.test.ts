import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { LenscapError } from '../base/errors.ts'
import { CameraLog } from '../protocol/camera.ts'
import { batchesOf } from './batches.ts'
import { LogReader } from './reader.ts'
import { LOGS_TABLES, LogMarks } from './store.ts'
import { freshFrom, markOf, tailOf } from './tail.ts'
import { linesIn } from './unpack.ts'
import { watchLog } from './watch.ts'

const never = new AbortController().signal

test('a log that grows and forgets its beginning is told once, line by line', () => {
  const growth = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 60 })), { maxLength: 12 })
  fc.assert(
    fc.property(growth, fc.boolean(), (steps, restarts) => {
      const all: string[] = []
      const told: string[] = []
      let tail = tailOf([])
      let kept = 0
      for (const [grown, forgotten] of steps) {
        for (let i = 0; i < grown; i += 1) all.push(`${all.length} tick ${all.length % 3}`)
        // It never forgets what it did not show.
        kept = Math.min(kept + forgotten, Math.max(0, told.length - 1))
        const marks = all.slice(kept).map(markOf)
        told.push(...all.slice(kept).slice(freshFrom(marks, tail)))
        if (marks.length > 0) tail = tailOf(restarts ? [...marks] : marks)
      }
      assert.deepEqual(told, all)
    }),
    { seed: 20_264, numRuns: 300 },
  )
})

test('a log that was cleared is new, one that stayed the same is not', () => {
  const marks = ['a', 'b', 'c'].map(markOf)
  assert.equal(freshFrom(marks, tailOf(marks)), 3)
  assert.equal(freshFrom(['x', 'y'].map(markOf), tailOf(marks)), 0)
  assert.equal(freshFrom(['c', 'x'].map(markOf), tailOf(marks)), 1)
  assert.equal(freshFrom([], tailOf(marks)), 0)
})

test('a line that stands again further on is not taken for the last one told', () => {
  const told = ['boot', 'link up', 'ping'].map(markOf)
  const now = ['boot', 'link up', 'ping', 'link down', 'ping'].map(markOf)
  assert.equal(freshFrom(now, tailOf(told)), 3)
})

/** A tar of one file. */
function tarOf(name: string, text: string): Buffer {
  const head = Buffer.alloc(512)
  head.write(name)
  head.write(Buffer.byteLength(text).toString(8).padStart(11, '0'), 124)
  head.write('0', 156)
  head.write('ustar', 257)
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512)
  body.write(text)
  return Buffer.concat([head, body])
}

test('text, gzip, tar and tgz give the same lines, and pictures in an archive none', async () => {
  const text = 'first\r\nsecond\n\nthird'
  const tar = Buffer.concat([
    tarOf('db', 'binary\0data'),
    tarOf('messages.1', 'first\nsecond'),
    tarOf('messages', 'third\n'),
    Buffer.alloc(1_024),
  ])
  for (const data of [Buffer.from(text), gzipSync(text), tar, gzipSync(tar)]) {
    assert.deepEqual(await linesIn(data), ['first', 'second', 'third'])
  }
})

test('an archive that unfolds without end, or is broken, is refused', async () => {
  await assert.rejects(linesIn(gzipSync(Buffer.alloc(64 * 1_048_576))), { kind: 'limit' })
  await assert.rejects(linesIn(gzipSync('text').subarray(0, 12)), { kind: 'invalid' })
  const cut = tarOf('messages', 'x\n'.repeat(600)).subarray(0, 900)
  assert.ok((await linesIn(cut)).length > 0)
  const long = await linesIn(Buffer.from('line\n'.repeat(100_000)))
  assert.equal(long.length, 5_000)
})

test('no message is larger than the wire takes', () => {
  const lines = Array.from({ length: 250 }, () => '\u{1f4f7}'.repeat(512))
  const batches = [...batchesOf(lines)]
  assert.equal(batches.flat().length, 250)
  for (const batch of batches) {
    const payload = { v: 1, at: 1, seq: 1, lines: batch }
    assert.ok(CameraLog.safeParse(payload).success)
    assert.ok(Buffer.byteLength(JSON.stringify(payload)) < 200_000)
  }
})

/** A device whose log is what the test says. */
function logged(first: readonly string[]) {
  const device = {
    lines: [...first],
    asked: 0,
    systemLog: async () => {
      device.asked += 1
      return { data: Buffer.from(device.lines.join('\n')), form: 'inline' as const }
    },
  }
  return device
}

function readerOn(db = openDatabase(':memory:', [LOGS_TABLES])) {
  const deps = { device: 'aaaaaaaa', marks: new LogMarks(db), clock: systemClock, secrets: () => ['hunter2'] }
  const told: string[] = []
  const reader = new LogReader(deps)
  const read = async (device: ReturnType<typeof logged>) => {
    told.length = 0
    await reader.read(device, (lines) => told.push(...lines), never)
    return [...told]
  }
  return { db, read }
}

test('only what is new is told, also after a restart, and never a secret', async () => {
  const device = logged(['boot', 'up'])
  const { db, read } = readerOn()
  assert.deepEqual(await read(device), ['boot', 'up'])
  assert.deepEqual(await read(device), [])
  device.lines.push('login of hunter2 failed')
  assert.deepEqual(await read(device), ['login of [hidden] failed'])
  const again = readerOn(db)
  assert.deepEqual(await again.read(device), [])
  device.lines.push('down')
  assert.deepEqual(await again.read(device), ['down'])
  device.lines = ['boot', 'up again']
  assert.deepEqual(await again.read(device), ['boot', 'up again'])
  const kept = JSON.stringify(db.prepare('SELECT * FROM logs_told').all())
  assert.ok(!kept.includes('boot'))
})

test('of a long log the end is told at first, and of a flood no more than 600 lines an hour', async () => {
  const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => `line ${from + i}`)
  const device = logged(many(0, 400))
  const { read } = readerOn()
  assert.deepEqual(await read(device), many(300, 100))
  device.lines.push(...many(400, 3_000))
  const flood = await read(device)
  assert.deepEqual(flood[0], 'lenscap: 2500 lines were left out here')
  assert.deepEqual(flood.slice(1), many(2_900, 500))
  device.lines.push('one more')
  assert.deepEqual(await read(device), ['lenscap: 1 line was left out here'])
})

test('a device without a log is asked once a day, one that is not signed in to not at all', async () => {
  const stopping = new AbortController()
  let nowMs = 0
  let asked = 0
  const clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms
      if (nowMs > 3 * 86_400_000) stopping.abort()
    },
  }
  const lacks = {
    systemLog: () => {
      asked += 1
      return Promise.reject(new LenscapError('unsupported', 'none'))
    },
  }
  const troubles: unknown[] = []
  const marks = new LogMarks(openDatabase(':memory:', [LOGS_TABLES]))
  const options = {
    ...{ device: 'aaaaaaaa', marks, clock, secrets: () => [], intervalMs: 600_000, random: () => 0.5 },
    ...{ signal: stopping.signal, tell: () => assert.fail(), onTrouble: (error: unknown) => troubles.push(error) },
  }
  await watchLog(() => (nowMs < 3_600_000 ? undefined : lacks), options)
  assert.ok(asked >= 2 && asked <= 3, `${asked} times`)
  assert.equal(troubles.length, 1)
})
