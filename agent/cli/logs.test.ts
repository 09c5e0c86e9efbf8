import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Aedes } from 'aedes'
import { openDoor } from '../transport/broker-door.testing.ts'
import { openLogger } from './logger.ts'
import { logLine, showLogs } from './logs.ts'
import { Output } from './output.ts'
import { redactedLine } from './redacted-line.ts'
import { until } from './running-bed.test.ts'
import { sinceOf } from './since.ts'

const DEADLINE_MS = 30_000

/** A configuration with a state folder; of a broker's own, where one is given. */
function box(t: TestContext, url = 'mqtt://127.0.0.1:1', log = 'info') {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-logs-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const stateDir = join(folder, 'state')
  const config = join(folder, 'agent.yaml')
  writeFileSync(
    config,
    `stateDir: ${stateDir}\nmqtt: { url: "${url}" }\ndiscovery: { multicast: false }\nlog: ${log}\n`,
  )
  const logs = async (what: Parameters<typeof showLogs>[1]) => {
    const shown: string[] = []
    await showLogs(
      config,
      what,
      new Output(false, (line) => shown.push(line.trimEnd())),
      AbortSignal.timeout(DEADLINE_MS),
    )
    return shown
  }
  return { config, stateDir, logs }
}

/** The real program; resolves once it says that it is ready. */
async function agent(t: TestContext, config: string) {
  const main = join(import.meta.dirname, 'main.ts')
  const child = spawn(process.execPath, [main, 'run', '--config', config, '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += String(chunk)
  })
  await until('the agent is ready', () => said.includes('"ready"'))
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    child.kill(signal)
    await exited
  }
  return { end }
}

describe('logs', () => {
  it('shows what happened before the agent was killed, and follows the next one', async (t) => {
    const { url } = await openDoor(t, await Aedes.createBroker())
    // At this level an agent has hardly anything to say, and its beginning and end are kept all the same.
    const { config, logs } = box(t, url, 'error')
    const first = await agent(t, config)
    await first.end('SIGKILL')
    const before = await logs({ follow: false })
    assert.match(before.join('\n'), /^\d\d-\d\d \d\d:\d\d:\d\d info {2}The agent begins/m)
    assert.deepEqual(await logs({ follow: false, lines: 1 }), before.slice(-1))

    const stop = new AbortController()
    const followed: string[] = []
    const output = new Output(true, (line) => followed.push(line))
    const following = showLogs(config, { follow: true, lines: 0 }, output, stop.signal)
    const second = await agent(t, config)
    await until('it is noted how the first one ended', () => followed.some((line) => /ended without a word/.test(line)))
    await second.end('SIGTERM')
    await until('it is noted how the second one ended', () => followed.some((line) => /told to stop/.test(line)))
    stop.abort()
    assert.equal(await following, 0)
    assert.equal(followed.filter((line) => /ended without a word/.test(line)).length, 1, 'nothing twice')
    for (const line of followed) assert.equal(typeof JSON.parse(line).time, 'string')

    const third = await agent(t, config)
    await third.end('SIGTERM')
    const all = await logs({ follow: false })
    assert.equal(all.filter((line) => /ended without a word/.test(line)).length, 1, 'a farewell is one')
  })

  it('begins where it is told to', async (t) => {
    const { stateDir, logs } = box(t)
    mkdirSync(stateDir)
    const nowMs = Date.UTC(2026, 4, 1, 12)
    const line = (minutes: number) =>
      JSON.stringify({ level: 30, time: new Date(nowMs - minutes * 60_000).toISOString(), msg: `${minutes} ago` })
    appendFileSync(join(stateDir, 'agent.log'), [90, 30, 10].map((minutes) => `${line(minutes)}\n`).join(''))
    const since = async (text: string) => {
      const sinceMs = sinceOf(text, nowMs)
      assert.ok(sinceMs !== undefined, text)
      return (await logs({ follow: false, sinceMs })).map((each) => each.slice(21))
    }
    assert.deepEqual(await since('1h'), ['30 ago', '10 ago'])
    assert.deepEqual(await since('900s'), ['10 ago'])
    assert.deepEqual(await since('2026-05-01T11:45'), ['10 ago'])
    assert.deepEqual(await since('2026-05-01 13:45+02:00'), ['10 ago'])
    assert.deepEqual(await since('2026-05-01'), ['90 ago', '30 ago', '10 ago'])
    for (const junk of ['', 'yesterday', '5', '5w', '2026-13-45', '-1h']) assert.equal(sinceOf(junk, nowMs), undefined)
  })

  it('says what to do where nothing was ever logged', async (t) => {
    const { logs } = box(t)
    await assert.rejects(logs({ follow: false }), /No agent has logged anything .* start it with "run"/)
  })

  it('is wiped with the box', async (t) => {
    const { url } = await openDoor(t, await Aedes.createBroker())
    const { config, stateDir, logs } = box(t, url)
    const running = await agent(t, config)
    await running.end('SIGTERM')
    const { wipe } = await import('../commands/wipe.ts')
    await wipe(stateDir)
    assert.deepEqual(
      readdirSync(stateDir).filter((name) => name.startsWith('agent.log')),
      [],
    )
    await assert.rejects(logs({ follow: false }), /No agent has logged anything/)
  })
})

describe('a line of the log', () => {
  const line = (facts: object) => JSON.stringify({ level: 30, time: '2026-05-01T12:00:00.000Z', ...facts, msg: 'm' })

  it('holds no secret, in whatever form, and stays a line', () => {
    const secrets = ['p&ss "wörd"/0815', 'abc']
    const forms = [...secrets.slice(0, 1), encodeURIComponent(secrets[0] ?? ''), 'p&amp;ss "wörd"/0815']
    for (const form of [...forms, Buffer.from(secrets[0] ?? '').toString('base64')]) {
      const redacted = redactedLine(line({ reason: `it said ${form} twice: ${form}`, deep: [{ text: form }] }), secrets)
      assert.ok(!JSON.stringify(JSON.parse(redacted)).includes(JSON.stringify(form).slice(1, -1)), redacted)
      assert.equal(JSON.parse(redacted).msg, 'm')
    }
    const urls = redactedLine(line({ at: 'rtsp://admin:s3cr3t@192.0.2.1/x', way: 'Basic YWRtaW46czNjcjN0' }), [])
    assert.deepEqual([JSON.parse(urls).at, JSON.parse(urls).way], ['rtsp://[secret]@192.0.2.1/x', 'Basic [secret]'])
    assert.equal(
      redactedLine(line({ camera: 'abc' }), secrets),
      line({ camera: 'abc' }),
      'too short to be told from a word',
    )
  })

  it('is never longer than a bound', () => {
    const redacted = redactedLine(line({ reason: 'x'.repeat(100_000) }), [])
    assert.deepEqual([JSON.parse(redacted).msg, JSON.parse(redacted).shortened], ['m', true])
    assert.ok(redacted.length < 1000)
  })

  it('is the same on disk and in memory', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'lenscap-logs-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'log')
    const log = openLogger('error', { append: (text) => appendFileSync(path, `${text}\n`) })
    log.hide(() => ['hunter22'])
    log.note('with hunter22 inside', 'warn', { token: 'x' })
    assert.deepEqual(log.lines.kept(), [readFileSync(path, 'utf8').trimEnd()])
    assert.match(logLine(log.lines.kept()[0] ?? ''), /warn {2}with \[secret\] inside/)
  })
})
