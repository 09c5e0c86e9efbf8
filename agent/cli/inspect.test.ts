import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setCap, showCameras, showLedger, showStatus } from './inspect.ts'
import { EXIT, Output } from './output.ts'

/** A box on which no agent has run yet. */
function freshBox() {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-inspect-'))
  const stateDir = join(folder, 'state')
  const config = join(folder, 'agent.yaml')
  writeFileSync(config, `bridge: http://127.0.0.1:1\nstateDir: ${stateDir}\n`)
  const said: string[] = []
  const output = new Output(true, (text) => said.push(text))
  return { config, stateDir, output, last: () => JSON.parse(said.at(-1) ?? '') }
}

describe('what an installer asks', () => {
  it('is answered on a box where no agent has run, and leaves nothing that the agent could not write', async () => {
    const { config, stateDir, output, last } = freshBox()
    mkdirSync(stateDir)
    assert.equal(await showStatus(config, output), EXIT.done)
    assert.deepEqual(last(), {
      agent: null,
      bridge: 'http://127.0.0.1:1',
      settledBy: 'bridge',
      running: false,
      connected: false,
      trouble: '',
      cap: false,
      spool: { messages: 0, bytes: 0, dropped: 0 },
      sent: { items: 0, bytes: 0 },
    })
    assert.equal(await showCameras(config, output), EXIT.done)
    assert.deepEqual(last(), [])
    assert.equal(await showLedger(config, false, output), EXIT.done)
    assert.deepEqual(last(), [])
    assert.equal(await showLedger(config, true, output), EXIT.done)
    assert.deepEqual(readdirSync(stateDir), [])
  })

  it('is refused with a sentence where there is no state folder at all', async () => {
    const { config, output } = freshBox()
    await assert.rejects(showStatus(config, output), { kind: 'invalid', message: /Nothing has run/ })
  })

  it('puts the cap on without an agent, and takes it off', async () => {
    const { config, stateDir, output, last } = freshBox()
    assert.equal(await setCap(config, true, output), EXIT.done)
    assert.deepEqual(readdirSync(stateDir), ['cap-on'])
    await showStatus(config, output)
    assert.equal(last().cap, true)
    await setCap(config, false, output)
    assert.deepEqual(readdirSync(stateDir), [])
  })
})
