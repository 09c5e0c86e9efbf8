import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { putHooks, until } from '../hooks/hooks.testing.ts'
import { BoxHooks, tellFactoryReset } from './box-hooks.ts'
import { openLogger } from './logger.ts'
import { runningAgent } from './running-bed.test.ts'

const EVENTS = ['first-boot', 'network-up', 'camera-found', 'camera-lost', 'cap-on', 'cap-off', 'factory-reset', 'led']

/** Hooks that write down what they are called with. */
function bed(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-box-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const out = join(folder, 'out')
  const stateDir = join(folder, 'state')
  mkdirSync(stateDir)
  const note = `echo "$*" >> ${out}`
  putHooks(join(folder, 'hooks.d'), Object.fromEntries(EVENTS.map((event) => [`${event}/note`, note])))
  putHooks(join(stateDir, 'hooks.d'), { 'factory-reset/second': `echo from the state folder >> ${out}` })
  const said = () => (existsSync(out) ? readFileSync(out, 'utf8').trim().split('\n') : [])
  const stop = new AbortController()
  const deps = { config: { stateDir }, configPath: join(folder, 'agent.yaml'), clock: systemClock }
  const look = { interfaces: () => ({}), room: async () => ({ freeBytes: 2 ** 40, sizeBytes: 2 ** 41 }) }
  const open = () => new BoxHooks({ ...deps, logger: silentLogger, signal: stop.signal, look })
  return { folder, stateDir, said, stop, deps, open }
}

describe('what the agent tells the box', () => {
  it('is the first boot once, and again after a reset', async (t) => {
    const { said, open, deps, stateDir } = bed(t)
    for (let life = 0; life < 2; life += 1) {
      await using hooks = open()
      await hooks.firstBoot()
    }
    assert.equal(said().filter((line) => line === 'first-boot').length, 1)
    rmSync(join(stateDir, 'first-boot-done'))
    await tellFactoryReset({ ...deps, logger: silentLogger, signal: new AbortController().signal })
    assert.deepEqual(said().slice(-2), ['factory-reset', 'from the state folder'])
    await using hooks = open()
    await hooks.firstBoot()
    assert.equal(said().filter((line) => line === 'first-boot').length, 2)
  })

  it('is by its light how it is: unclaimed, online, a camera lost and found, capped, stopping', async (t) => {
    const { said, open, stop } = bed(t)
    const hooks = open()
    const camera = { camera: 'cam1', name: 'Door', address: '192.0.2.7' }
    const shows = (state: string) => until(`the light shows ${state}`, () => said().includes(`led ${state}`))
    hooks.show({ claimed: false })
    await shows('unclaimed')
    hooks.show({ claimed: true, ready: true, connected: true })
    await shows('online')
    hooks.call({ event: 'camera-lost', facts: camera })
    await shows('attention')
    hooks.call({ event: 'camera-found', facts: { ...camera, again: true } })
    hooks.call({ event: 'cap-on', facts: {} })
    await shows('capped')
    await until('all were called', () => said().includes('cap-on'))
    stop.abort()
    await hooks[Symbol.asyncDispose]()
    assert.equal(said().at(-1), 'led stopping')
    assert.deepEqual(
      said().filter((line) => !line.startsWith('led')),
      ['camera-lost cam1', 'camera-found cam1', 'cap-on'],
    )
  })

  it('goes into its log without a secret that a hook prints', async (t) => {
    const { folder, deps } = bed(t)
    putHooks(join(folder, 'hooks.d'), { 'factory-reset/tells': 'echo the password is s3cret-pass' })
    const log = openLogger('info')
    log.hide(() => ['s3cret-pass'])
    await tellFactoryReset({ ...deps, logger: log.logger, signal: new AbortController().signal })
    const lines = log.lines.kept().join('\n')
    assert.match(lines, /the password is/)
    assert.doesNotMatch(lines, /s3cret-pass/)
  })
})

it('a running agent tells its hooks of its start, its network, its cap and its reset, whatever one of them does', async (t) => {
  const agent = await runningAgent(t)
  const out = join(agent.stateDir, '..', 'out')
  const hooks = Object.fromEntries(EVENTS.map((event) => [`${event}/20-note`, `echo "$*" >> ${out}`]))
  putHooks(join(agent.stateDir, 'hooks.d'), { ...hooks, 'cap-on/10-hangs': 'sleep 600 & exit 7' })
  const said = () => (existsSync(out) ? readFileSync(out, 'utf8').trim().split('\n') : [])
  const { Cap } = await import('../consent/cap.ts')
  new Cap(agent.stateDir).set(true)
  await until('the cap is told', () => said().includes('cap-on') && said().includes('led capped'))
  await agent.ask({ ask: 'reset' })
  await until('the reset is told', () => said().includes('factory-reset'))
  await until('the box starts as a new one', () => said().includes('first-boot'))
  await agent.end()
  assert.equal(said().at(-1), 'led stopping')
})
