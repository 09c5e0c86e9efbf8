import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { LogFile, readLogLines } from './log-file.ts'

const DAY_MS = 86_400_000
// Before any file of this test was made: where a line has no time, its file's counts.
const NOON_MS = Date.UTC(2021, 4, 1, 12)

function bed(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-log-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const clock = { ms: NOON_MS, nowMs: () => clock.ms }
  const line = (msg: string) => JSON.stringify({ level: 30, time: new Date(clock.ms).toISOString(), msg })
  const read = () => readLogLines(folder).map((each) => String(JSON.parse(each).msg))
  return { folder, clock, line, read }
}

describe('the log on disk', () => {
  it('is read in the order of its lines, by its own user alone, and another life goes on with it', (t) => {
    const { folder, clock, line, read } = bed(t)
    assert.deepEqual(read(), [])
    new LogFile(folder, clock).append(line('one'))
    new LogFile(folder, clock).append(line('two'))
    assert.deepEqual(read(), ['one', 'two'])
    assert.equal(statSync(join(folder, 'agent.log')).mode & 0o777, 0o600)
  })

  it('lets the oldest go by size, and never has more than twice the bound', (t) => {
    const { folder, clock, line, read } = bed(t)
    const file = new LogFile(folder, clock, { bytesMax: 2000 })
    for (let n = 0; n < 500; n += 1) file.append(line(`line ${n}`))
    const kept = read()
    assert.equal(kept.at(-1), 'line 499')
    assert.deepEqual(
      kept,
      Array.from(kept, (_, i) => `line ${500 - kept.length + i}`),
    )
    assert.ok(kept.length > 20)
    for (const name of ['agent.log', 'agent.log.1']) assert.ok(statSync(join(folder, name)).size <= 2000)
  })

  it('lets the oldest go by age', (t) => {
    const { folder, clock, line, read } = bed(t)
    const file = new LogFile(folder, clock, { ageMsMax: 30 * DAY_MS })
    for (let day = 0; day < 100; day += 1, clock.ms += DAY_MS) file.append(line(`day ${day}`))
    const [first = '', ...more] = read()
    assert.ok(Number(first.slice(4)) >= 100 - 48, first)
    assert.ok(more.length >= 14)
    // A box that was off for long, with a line in either file.
    clock.ms += 200 * DAY_MS
    file.append(line('back'))
    file.append(line('again'))
    assert.ok(read().length < 20)
    clock.ms += 40 * DAY_MS
    file.append(line('later'))
    assert.deepEqual(read().slice(-3), ['back', 'again', 'later'])
  })

  it('survives a clock that began in 1970, half a line after a power cut, and a folder that is gone', (t) => {
    const { folder, clock, line, read } = bed(t)
    const file = new LogFile(folder, clock)
    clock.ms = 0
    file.append(line('before the time server'))
    clock.ms = NOON_MS
    file.append(line('after'))
    appendFileSync(join(folder, 'agent.log'), '{"level":30,"time":"2021-05-0')
    file.append(line('next life'))
    appendFileSync(join(folder, 'agent.log'), '\0\0\0\0')
    file.append(line('last'))
    assert.deepEqual(read(), ['before the time server', 'after', 'next life', 'last'])
    rmSync(folder, { recursive: true })
    file.append(line('nowhere'))
    assert.deepEqual(read(), [])
  })
})
