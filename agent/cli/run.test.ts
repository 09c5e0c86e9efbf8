import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Aedes } from 'aedes'
import { systemClock } from '../base/clock.ts'
import { type ControlAnswer, type ControlRequest, controlPath } from '../commands/control.ts'
import { askAgent } from '../commands/control-client.ts'
import { openDoor } from '../transport/broker-door.testing.ts'
import { forgetCamera } from './forget.ts'
import { Output } from './output.ts'
import { runAgent } from './run.ts'
import { soapCamera } from './testing.ts'

async function until(what: string, condition: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const endMs = Date.now() + deadlineMs
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`waited in vain until ${what}`)
    await systemClock.sleep(10)
  }
}

async function broker(t: TestContext) {
  const seen = {
    statuses: [] as { settledBy?: string; online: boolean }[],
    topics: new Set<string>(),
    retained: new Set<string>(),
    activities: [] as string[],
  }
  const aedes = await Aedes.createBroker()
  aedes.on('publish', ({ topic, payload, retain }) => {
    seen.topics.add(topic)
    if (retain && payload.length > 0) seen.retained.add(topic)
    else if (retain) seen.retained.delete(topic)
    if (/^site\/[a-z2-7]+\/activity$/.test(topic)) seen.activities.push(JSON.parse(payload.toString()).kind)
    if (/^site\/[a-z2-7]+\/status$/.test(topic)) seen.statuses.push(JSON.parse(payload.toString()))
  })
  const { url } = await openDoor(t, aedes)
  return { seen, url }
}

/** An agent that reports to an owner's broker and nowhere else, as `run` starts it. */
async function agent(t: TestContext, places = '') {
  const { seen, url } = await broker(t)
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-run-'))
  const stateDir = join(folder, 'state')
  const configPath = join(folder, 'agent.yaml')
  const text = `stateDir: ${stateDir}\nmqtt: { url: "${url}", prefix: site }\ndiscovery: { multicast: false, hosts: [${places}] }\nlog: error\n`
  writeFileSync(configPath, text)
  const stop = new AbortController()
  const lines: string[] = []
  const running = runAgent(configPath, new Output(true, (line) => lines.push(line)), stop.signal)
  t.after(async () => {
    stop.abort()
    await running
    rmSync(folder, { recursive: true })
  })
  const ask = async (request: ControlRequest) => {
    const answers: ControlAnswer[] = []
    for await (const answer of askAgent(controlPath(stateDir), request, new AbortController().signal))
      answers.push(answer)
    return answers
  }
  const state = async () => {
    const [answer] = await ask({ ask: 'state' }).catch(() => [])
    return answer && 'state' in answer ? answer.state : undefined
  }
  await until('it is connected', async () => (await state())?.connected === true)
  const events = () => lines.map((line) => String(JSON.parse(line).event))
  return { seen, stateDir, configPath, text, ask, state, events }
}

describe('run, where there is no bridge', () => {
  it("reports to the owner's broker, says whose word counts, and lets go of what the broker took", async (t) => {
    const { seen, state } = await agent(t)
    await until('nothing waits', async () => (await state())?.spool.messages === 0)
    const told = await state()
    assert.equal(told?.settledBy, 'broker')
    assert.equal(told?.bridge, null)
    assert.deepEqual([seen.statuses[0]?.online, seen.statuses[0]?.settledBy], [true, 'broker'])
    assert.ok(seen.topics.has(`site/${told?.agent}/activity`))
  })

  it('takes over a changed file at once where it can, and says where it cannot', async (t) => {
    const { configPath, text, ask } = await agent(t)
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
    const { seen, ask, state, configPath } = await agent(t, camera.host)
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
    const { stateDir, ask, state, events } = await agent(t)
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
