import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { forgetCamera } from './forget.ts'
import { Output } from './output.ts'
import { runningAgent, until } from './running-bed.test.ts'
import { soapCamera } from './testing.ts'

describe('run, where there is no bridge', () => {
  it("reports to the owner's broker, says whose word counts, and lets go of what the broker took", async (t) => {
    const { seen, state } = await runningAgent(t)
    await until('nothing waits', async () => (await state())?.spool.messages === 0)
    const told = await state()
    assert.equal(told?.settledBy, 'broker')
    assert.equal(told?.bridge, null)
    assert.deepEqual([seen.statuses[0]?.online, seen.statuses[0]?.settledBy], [true, 'broker'])
    assert.ok(seen.topics.has(`site/${told?.agent}/activity`))
  })

  it('takes over a changed file at once where it can, and says where it cannot', async (t) => {
    const { configPath, text, ask } = await runningAgent(t)
    writeFileSync(configPath, `${text.replace('log: error', 'log: warn')}spool: { bytesMax: 1000000 }\n`)
    let applied: string[] = []
    await until('both are told', async () => {
      const [answer] = await ask({ ask: 'reload' })
      if (answer && 'reloaded' in answer && answer.reloaded.applied.length > 0) applied = answer.reloaded.applied
      // The file's own change may have been noticed before this command.
      const [, ...logged] = await ask({ ask: 'logs', follow: false })
      return applied.includes('log') || logged.some((line) => 'log' in line && line.log.includes('spool.bytesMax'))
    })
    writeFileSync(configPath, 'bridge: 7\n')
    const [faulty] = await ask({ ask: 'reload' })
    assert.ok(faulty && 'reloaded' in faulty)
    assert.match(faulty.reloaded.fault, /line 1/)
  })

  it('forgets a camera that is gone for good, on its disk and on the broker, and goes on', async (t) => {
    const camera = await soapCamera()
    t.after(() => camera[Symbol.asyncDispose]())
    const { seen, ask, state, configPath } = await runningAgent(t, camera.host)
    await until('the camera is told', async () => (await state())?.cameras[0] !== undefined)
    const [known] = (await state())?.cameras ?? []
    const of = () => [...seen.retained].filter((topic) => topic.includes(known?.camera ?? '?'))
    await until('the broker holds it', () => of().length === 2)
    await assert.rejects(ask({ ask: 'forget', camera: 'nosuchcameraaaaa' }), /There is no camera "nosuch/)
    await camera[Symbol.asyncDispose]()
    const said: string[] = []
    const output = new Output(true, (line) => said.push(line))
    const forget = () => forgetCamera(configPath, known?.camera ?? '', output, new AbortController().signal)
    assert.equal(await forget(), 0)
    assert.deepEqual(JSON.parse(said[0] ?? ''), { forgotten: known?.camera })
    await until('it is nowhere', async () => of().length === 0 && (await state())?.connected === true)
    assert.deepEqual((await state())?.cameras, [])
    assert.ok(seen.activities.includes('camera-forgotten'))
    await assert.rejects(forget(), /There is no camera/)
  })

  it('wipes the box when it is told to, and begins as another', async (t) => {
    const { stateDir, ask, state, events } = await runningAgent(t)
    const before = (await state())?.agent
    const key = readFileSync(join(stateDir, 'identity.json'), 'utf8')
    assert.deepEqual(await ask({ ask: 'reset' }), [{ reset: 'begun' }])
    await until('it runs again', async () => {
      const now = await state()
      return now !== undefined && now.agent !== before
    })
    assert.notEqual(readFileSync(join(stateDir, 'identity.json'), 'utf8'), key)
    assert.ok(events().includes('reset'))
    assert.equal(existsSync(join(stateDir, 'wipe-begun')), false)
  })
})
