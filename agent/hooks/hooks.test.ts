import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { hookFolder, until } from './hooks.testing.ts'
import { Hooks } from './hooks.ts'

function bed(t: TestContext, scripts: Record<string, string>, signal = new AbortController().signal) {
  const hooksDir = hookFolder(t, scripts)
  const said: { level: string; facts: Record<string, unknown>; message: string }[] = []
  const note = (level: string) => (facts: object, message: string) => said.push({ level, facts: { ...facts }, message })
  const logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
  const hooks = new Hooks({ hooksDirs: [hooksDir], stateDir: '/state', clock: systemClock, logger, signal })
  return { hooks, hooksDir, said }
}

const outIn = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-hooks-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'out')
}

describe('the hooks of a box', () => {
  it('are called one event after the other, in order, and one that fails is told with what it said', async (t) => {
    const out = outIn(t)
    // The first is the slower one: side by side they would change places.
    const { hooks, said } = bed(t, {
      'cap-on/note': `sleep 0.1\necho $1 >> ${out}\necho why\nexit 3`,
      'cap-off/note': `echo $1 >> ${out}\necho fine`,
    })
    hooks.call({ event: 'cap-on', facts: {} })
    hooks.call({ event: 'cap-off', facts: {} })
    await hooks.end()
    assert.equal(readFileSync(out, 'utf8'), 'cap-on\ncap-off\n')
    assert.deepEqual(
      said.map(({ level, facts, message }) => `${level} ${message}: ${facts['output']}`),
      ['warn A hook did not succeed: why', 'info A hook said something: fine'],
    )
  })

  it('let the oldest event go where they are too slow, and say so', async (t) => {
    const stop = new AbortController()
    const { hooks, said } = bed(t, { 'cap-on/slow': 'sleep 600' }, stop.signal)
    for (let i = 0; i < 300; i += 1) hooks.call({ event: 'cap-on', facts: {} })
    stop.abort()
    await hooks.end()
    assert.ok(said.some(({ message }) => /too slow/.test(message)))
  })

  it('show a light that lags behind nothing: beside a slow hook, and only the newest state', async (t) => {
    const out = outIn(t)
    const go = `${out}.go`
    const stop = new AbortController()
    const { hooks } = bed(
      t,
      {
        'cap-on/slow': 'sleep 600',
        'led/10-light': `echo $2 >> ${out}\nwhile [ $2 = starting ] && [ ! -e ${go} ]; do sleep 0.05; done`,
      },
      stop.signal,
    )
    hooks.call({ event: 'cap-on', facts: {} })
    hooks.light('starting')
    await until('the light is being switched', () => existsSync(out))
    for (const state of ['offline', 'attention', 'online'] as const) hooks.light(state)
    writeFileSync(go, '')
    await until('it shows the newest', () => /online/.test(readFileSync(out, 'utf8')))
    stop.abort()
    await hooks.end()
    assert.equal(readFileSync(out, 'utf8'), 'starting\nonline\n')
  })

  it('can be put there while the agent runs', (t) => {
    const { hooks, hooksDir } = bed(t, {})
    assert.equal(hooks.any(), true)
    rmSync(hooksDir, { recursive: true })
    assert.equal(hooks.any(), false)
    mkdirSync(hooksDir)
    chmodSync(hooksDir, 0o755)
    assert.equal(hooks.any(), true)
  })
})
