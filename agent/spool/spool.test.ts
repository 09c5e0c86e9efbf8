import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { Activity } from '../protocol/activity.ts'
import type { SpoolMessage } from './message.ts'
import { Spool, type SpoolOptions } from './spool.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'lenscap-spool-'))
const open = (path: string, over: Partial<SpoolOptions> = {}) =>
  new Spool({ path, clock: systemClock, logger: silentLogger, ...over })
const said = (message: string, at?: number): SpoolMessage => ({
  name: 'activity',
  body: { kind: 'camera-discovered', message },
  ...(at === undefined ? {} : { at }),
})
const read = (spool: Spool) =>
  spool.read(0, 10_000).map((row) => ({ ...row, body: Activity.parse(JSON.parse(row.payload)) }))

const here = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)

/** A process that appends for ever and prints each number once it is acknowledged. */
const APPEND_UNTIL_KILLED = `
  import { writeSync } from 'node:fs'
  import { systemClock } from ${here('../base/clock.ts')}
  import { silentLogger } from ${here('../base/logger.ts')}
  import { Spool } from ${here('./spool.ts')}
  const spool = new Spool({ path: process.argv[1], clock: systemClock, logger: silentLogger })
  const one = () => spool.append({ name: 'activity', body: { kind: 'camera-discovered', message: 'seen' } })
  for (;;) writeSync(1, Math.max(...(await Promise.all([one(), one(), one(), one(), one()]))) + '\\n')
`

describe('the spool', () => {
  it('numbers messages from 1 and stores the final text with its envelope', async () => {
    using spool = open(join(folder(), 'spool.db'), { clock: { ...systemClock, nowMs: () => 1234 } })
    assert.deepEqual(await Promise.all([spool.append(said('one')), spool.append(said('two'))]), [1, 2])
    const [one, two] = read(spool)
    assert.deepEqual(one?.body, {
      v: 1,
      at: 1234,
      seq: 1,
      stream: spool.stream,
      kind: 'camera-discovered',
      message: 'one',
    })
    assert.equal(two?.seq, 2)
    assert.match(spool.stream, /^[a-z2-7]{8,16}$/)
  })

  it('refuses what the contract refuses', async () => {
    using spool = open(join(folder(), 'spool.db'))
    await assert.rejects(spool.append(said('x'.repeat(513))), { kind: 'invalid' })
    const log = { name: 'camera-log', id: 'not/an/id', body: { lines: [] } } satisfies SpoolMessage
    await assert.rejects(spool.append(log), { kind: 'invalid' })
    assert.equal(spool.depth().messages, 0)
  })

  it('goes on counting in the same stream after it was opened again and trimmed empty', async () => {
    const path = join(folder(), 'spool.db')
    const first = open(path)
    await first.append(said('one'))
    first.trim(first.stream, 1)
    first[Symbol.dispose]()
    using second = open(path)
    assert.equal(second.stream, first.stream)
    assert.equal(await second.append(said('two')), 2)
  })

  it("trims up to the acknowledged number, and nothing for another stream's acknowledgement", async () => {
    using spool = open(join(folder(), 'spool.db'))
    await Promise.all(['a', 'b', 'c'].map((text) => spool.append(said(text))))
    spool.trim('anotherstream', 3)
    assert.equal(spool.depth().messages, 3)
    spool.trim(spool.stream, 2)
    assert.equal(spool.oldest(), 3)
    const bytes = Buffer.byteLength(spool.read(0, 1)[0]?.payload ?? '')
    assert.deepEqual(spool.depth(), { messages: 1, bytes, dropped: 0 })
  })

  it('begins a new stream on demand, and numbers what waits anew', async () => {
    const path = join(folder(), 'spool.db')
    const spool = open(path)
    await Promise.all(['a', 'b', 'c'].map((text) => spool.append(said(text))))
    spool.trim(spool.stream, 1)
    const former = spool.stream
    spool.renew()
    assert.notEqual(spool.stream, former)
    assert.deepEqual(
      read(spool).map(({ seq, body }) => [seq, body.seq, body.stream, body.message]),
      [
        [1, 1, spool.stream, 'b'],
        [2, 2, spool.stream, 'c'],
      ],
    )
    const depth = spool.depth()
    assert.equal(await spool.append(said('d')), 3)
    spool.trim(spool.stream, 3)
    spool[Symbol.dispose]()
    using again = open(path)
    assert.deepEqual([depth.messages, again.stream, again.newest], [2, spool.stream, 3])
  })

  it('lets the oldest go when full, counts them, and names the whole loss in the newest notice', async () => {
    using spool = open(join(folder(), 'spool.db'), { messagesMax: 64 })
    for (let i = 1; i <= 300; i++) await spool.append(said(`message ${i}`, i * 1000))
    const rows = read(spool)
    assert.ok(rows.length <= 64)
    const kept = rows.filter((row) => row.body.kind === 'camera-discovered')
    const notices = rows.filter((row) => row.body.kind === 'messages-dropped')
    assert.equal(kept.length + spool.depth().dropped, 300)
    assert.equal(spool.depth().dropped > 200, true)
    assert.ok(notices.some((row) => /let go, from 1970-01-01T00:00:01.000Z to 1970-/.test(row.body.message)))
    const named = notices.reduce((sum, row) => sum + Number(/(\d+) messages/.exec(row.body.message)?.[1]), 0)
    assert.equal(named, spool.depth().dropped)
    assert.equal(kept.at(-1)?.body.message, 'message 300')
  })

  it('is bounded in bytes as well', async () => {
    using spool = open(join(folder(), 'spool.db'), { bytesMax: 10_000 })
    for (let i = 0; i < 50; i++) await spool.append(said('x'.repeat(400)))
    assert.ok(spool.depth().bytes <= 10_000)
    assert.ok(spool.depth().dropped > 20)
  })

  it('sets a damaged file aside, begins a new stream and says so in it', async () => {
    const path = join(folder(), 'spool.db')
    const former = open(path)
    await former.append(said('one'))
    former[Symbol.dispose]()
    writeFileSync(path, 'this is no database, but it is long enough to look at '.repeat(100))
    using spool = open(path)
    assert.notEqual(spool.stream, former.stream)
    assert.equal(read(spool)[0]?.body.kind, 'messages-dropped')
    assert.equal(await spool.append(said('two')), 2)
    assert.ok(readdirSync(join(path, '..')).some((name) => name.startsWith('spool.db.corrupt-')))
  })

  it('loses nothing of what it had accepted when it is killed', { timeout: 20_000 }, async () => {
    const path = join(folder(), 'spool.db')
    const flags = ['--input-type=module-typescript', '--eval', APPEND_UNTIL_KILLED, path]
    const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
    let acknowledged = 0
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Math.max(acknowledged, Number(line))
      if (acknowledged >= 200) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    assert.equal(child.signalCode, 'SIGKILL')
    using spool = open(path)
    const numbers = spool.read(0, 100_000).map((row) => row.seq)
    assert.ok(numbers.length >= acknowledged, `${numbers.length} of ${acknowledged}`)
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    )
  })
})
