import assert from 'node:assert/strict'
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { loadConfig } from '../config/load.ts'
import { Output } from './output.ts'
import { checkRecords } from './record-checks.ts'
import { runAgent } from './run.ts'
import { runningAgent, until } from './running-bed.test.ts'

/** As a worn-out flash does: bytes of a file become others. */
function spoil(path: string, from: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(Math.min(4096, statSync(path).size - from), 0x5a), 0, undefined, from)
  closeSync(file)
}

/** A box that has run and ended. */
async function usedBox(t: TestContext) {
  const agent = await runningAgent(t)
  await agent.end()
  return agent
}

/** What the doctor says of it, without changing anything. */
async function recordFindings(configPath: string) {
  return checkRecords(await loadConfig(configPath))
}

describe('the records of a box that a bad disk has damaged', () => {
  for (const [what, from] of [
    ['at their beginning', 0],
    ['in their middle', 8192],
  ] as const) {
    it(`are set aside ${what}, said so, and made anew: the box works again`, async (t) => {
      const { stateDir, configPath, seen, state } = await usedBox(t)
      spoil(join(stateDir, 'state.db'), from)
      const stop = new AbortController()
      const running = runAgent(configPath, new Output(true, () => {}), stop.signal)
      try {
        await until('it is connected again', async () => (await state())?.connected === true)
        await until('its owner is told', () => seen.activities.includes('other'))
      } finally {
        stop.abort()
        await running
      }
      assert.equal(readdirSync(stateDir).filter((name) => name.startsWith('state.db.corrupt-')).length, 1)
      const [found] = await recordFindings(configPath)
      assert.match(found?.found ?? '', /^state\.db was damaged, and set aside at 20\d\d-/)
    })
  }

  it('are left alone where they are the ledger of what left: a person has to say that it may go', async (t) => {
    const { stateDir, configPath } = await usedBox(t)
    const path = join(stateDir, 'egress.db')
    spoil(path, 0)
    const before = readFileSync(path)
    const again = runAgent(configPath, new Output(true, () => {}), new AbortController().signal)
    await assert.rejects(again, { kind: 'storage', message: /egress\.db is damaged: move it away/ })
    assert.ok(readFileSync(path).equals(before))
    const [found] = await recordFindings(configPath)
    assert.match(`${found?.found} ${found?.advice}`, /egress\.db is damaged.*move .*egress\.db.* away/)
  })
})
