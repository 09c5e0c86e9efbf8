// The bed that a running agent is tested on. No tests of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Aedes } from 'aedes'
import { systemClock } from '../base/clock.ts'
import { type ControlAnswer, type ControlRequest, controlPath } from '../commands/control.ts'
import { askAgent } from '../commands/control-client.ts'
import { openDoor } from '../transport/broker-door.testing.ts'
import { Output } from './output.ts'
import { runAgent } from './run.ts'

/** @throws Error naming what did not come in time */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
): Promise<void> {
  const endMs = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`)
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
export async function runningAgent(t: TestContext, places = '') {
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
  const end = async () => {
    stop.abort()
    await running
  }
  const events = () => lines.map((line) => String(JSON.parse(line).event))
  return { seen, stateDir, configPath, text, ask, state, events, end }
}
