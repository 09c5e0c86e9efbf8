import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HookCall } from './hook-event.ts'
import { OUTPUT_BYTES_MAX } from './run-hook.ts'
import { runHooks } from './run-hooks.ts'

const OWN = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const CAP_ON: HookCall = { event: 'cap-on', facts: {} }

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-hooks-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function hooks(t: TestContext, scripts: Record<string, string>, event = 'cap-on') {
  const hooksDir = folderFor(t)
  mkdirSync(join(hooksDir, event))
  for (const folder of [hooksDir, join(hooksDir, event)]) chmodSync(folder, 0o755)
  // Where the tests run as root, as they say here; nobody could not enter the test's folder.
  writeFileSync(join(hooksDir, 'run-as'), `${OWN.uid}:${OWN.gid}\n`)
  chmodSync(join(hooksDir, 'run-as'), 0o644)
  for (const [name, body] of Object.entries(scripts)) {
    const path = join(hooksDir, event, name)
    writeFileSync(path, `#!/bin/sh\n${body}\n`)
    chmodSync(path, name.endsWith('.off') ? 0o644 : 0o755)
  }
  return hooksDir
}

const call = (
  hooksDir: string,
  what: HookCall = CAP_ON,
  more: { timeoutMs?: number; ownUid?: number; signal?: AbortSignal } = {},
) => runHooks(what, { hooksDirs: [hooksDir], stateDir: '/state', atMs: 1_700_000_000_000, timeoutMs: 30_000, ...more })

async function until(what: string, condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`)
    await sleep(10)
  }
}

const isAlive = (pid: number) => {
  try {
    // An ended process that nobody has read yet is no process any more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('hooks', () => {
  it('are called in order, with the event, its subject and its facts', async (t) => {
    const out = join(folderFor(t), 'out')
    const scripts = { '20-second': `echo second >> ${out}`, '10-first': `echo "$# $1 $2 $(cat)" > ${out}` }
    const camera = { camera: 'cam1', name: 'Door', address: '192.0.2.7' }
    const results = await call(hooks(t, scripts, 'camera-lost'), { event: 'camera-lost', facts: camera })
    assert.deepEqual(
      results.map(({ hook, outcome }) => `${basename(hook)} ${outcome}`),
      ['10-first done', '20-second done'],
    )
    const [first = '', second] = readFileSync(out, 'utf8').split('\n')
    assert.match(first, /^2 camera-lost cam1 \{/)
    assert.deepEqual(JSON.parse(first.slice(first.indexOf('{'))), {
      v: 1,
      event: 'camera-lost',
      at: 1_700_000_000_000,
      ...camera,
    })
    assert.equal(second, 'second')
  })

  it('that fail are reported, and the next one still runs', async (t) => {
    const results = await call(hooks(t, { a: 'exit 3', c: 'exit 0', 'd.off': 'exit 0', 'e~': 'exit 1' }))
    assert.deepEqual(
      results.map(({ hook, outcome, detail }) => `${basename(hook)} ${outcome} ${detail}`),
      ['a failed exit status 3', 'c done exit status 0'],
    )
  })

  it('that hang are ended and reported, and the next one is called', async (t) => {
    const results = await call(hooks(t, { b: 'sleep 600', c: 'exit 0' }), CAP_ON, { timeoutMs: 300 })
    assert.deepEqual(
      results.map(({ hook }) => basename(hook)),
      ['b', 'c'],
    )
    assert.equal(`${results[0]?.outcome} ${results[0]?.detail}`, 'timed-out ended after 300 ms')
  })

  it('leave nothing running behind, also when they do not listen or have succeeded', async (t) => {
    const out = join(folderFor(t), 'pids')
    const note = `echo $! >> ${out}`
    const pids = () => (existsSync(out) ? readFileSync(out, 'utf8').trim().split('\n').map(Number) : [])
    const deaf = `trap '' TERM\n(trap '' TERM; sleep 600) &\n${note}\necho $$ >> ${out}\nsleep 600`
    const stop = new AbortController()
    const ending = call(hooks(t, { deaf }), CAP_ON, { signal: stop.signal })
    await until('the deaf hook has begun', () => pids().length === 2)
    stop.abort()
    assert.equal((await ending)[0]?.detail, 'SIGKILL')
    const [quick] = await call(hooks(t, { quick: `sleep 600 &\n${note}` }))
    assert.equal(quick?.outcome, 'done')
    assert.equal(pids().length, 3)
    await until('nothing of them is left', () => !pids().some(isAlive))
  })

  it('are heard, but not without end, and not by a terminal', async (t) => {
    const noisy = "printf 'gr\\033[31meen\\n' >&2; head -c 1000000 /dev/zero | tr '\\0' x"
    const [result] = await call(hooks(t, { noisy }))
    assert.equal(result?.outcome, 'done')
    assert.ok(result.output.length <= OUTPUT_BYTES_MAX)
    assert.match(result.output, /gr\[31meen/)
  })

  it('inherit nothing of the environment', async (t) => {
    const out = join(folderFor(t), 'out')
    process.env['LENSCAP_TEST_SECRET'] = 'canary'
    await call(hooks(t, { a: `env > ${out}` }))
    delete process.env['LENSCAP_TEST_SECRET']
    const environment = readFileSync(out, 'utf8')
    assert.doesNotMatch(environment, /canary/)
    assert.match(environment, /^LENSCAP_STATE_DIR=\/state$/m)
  })

  it('are refused where somebody else may write to them, or to a folder on the way', async (t) => {
    const out = join(folderFor(t), 'ran')
    for (const path of ['cap-on/a', 'cap-on', '.']) {
      const hooksDir = hooks(t, { a: `echo > ${out}` })
      chmodSync(join(hooksDir, path), 0o777)
      const [result] = await call(hooksDir)
      assert.equal(result?.outcome, 'refused', path)
      assert.match(result.detail, /others may write to .*chmod go-w/)
    }
    assert.throws(() => readFileSync(out), { code: 'ENOENT' })
  })

  it('are refused where they belong to somebody else than root or the agent', async (t) => {
    const hooksDir = hooks(t, { a: 'exit 0' })
    // Where the tests run as root, the hook is given away; else the agent is somebody else than its owner.
    if (OWN.uid === 0) chownSync(join(hooksDir, 'cap-on/a'), 12_345, 12_345)
    const [result] = await call(hooksDir, CAP_ON, OWN.uid === 0 ? {} : { ownUid: 12_345 })
    assert.equal(result?.outcome, 'refused')
    assert.match(result.detail, /belongs to user \d+/)
  })

  it('do not run at all where the file that says as whom makes no sense', async (t) => {
    const hooksDir = hooks(t, { a: 'exit 0' })
    writeFileSync(join(hooksDir, 'run-as'), 'root')
    const [result] = await call(hooksDir, CAP_ON, { ownUid: 0 })
    assert.equal(result?.outcome, 'refused')
  })

  it('may be absent', async () => {
    assert.deepEqual(await call('/nonexistent'), [])
  })
})
