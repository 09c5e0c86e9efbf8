import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { rangeAround } from '../demo/options.ts'
import { Program } from '../demo/program.ts'
import { programPath } from '../harness/command.ts'
import { freeNet, freePorts } from '../harness/ports.ts'
import { KEYS, Terminal } from './terminal.ts'

const PASSWORD = 'Kamera-pa55word-0815'
// Nobody answers there: an unclaimed box is what these tests end with.
const BRIDGE = 'http://127.0.0.1:9'

describe('setup at a terminal', { timeout: 600_000 }, () => {
  const address = freeNet()
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-terminal-'))
  let simulator: Program | undefined
  let discoveryPort = 0

  before(async () => {
    ;[discoveryPort = 0] = await freePorts(1)
    simulator = new Program({
      name: 'simulator',
      executable: programPath('lenscap-simulator'),
      args: [
        ...['run', '--json', '--profile', 'axis', '--profile', 'hikvision', '--address', address],
        ...['--user', 'admin', '--password', PASSWORD, '--discovery-port', String(discoveryPort)],
        ...['--event-interval', '0'],
      ],
      logPath: join(folder, 'simulator.log'),
    })
    await simulator.line(({ event }) => event === 'ready', 30_000)
  })

  after(async () => {
    await simulator?.stop(5000)
    rmSync(folder, { recursive: true, force: true })
  })

  function box(t: TestContext, ...more: string[]) {
    const home = mkdtempSync(join(folder, 'box-'))
    const [config, stateDir] = [join(home, 'agent.yaml'), join(home, 'state')]
    const places = ['--interface', 'none', '--discovery-port', String(discoveryPort), '--timeout', '1']
    const terminal = new Terminal(['setup', '--config', config, '--state-dir', stateDir, ...places, ...more], 120)
    t.after(() => terminal[Symbol.dispose]())
    const untouched = () => assert.deepEqual([existsSync(config), existsSync(stateDir)], [false, false])
    return { terminal, config, stateDir, untouched }
  }

  const toTheLook = async (terminal: Terminal) => {
    await terminal.answer("The bridge's address", BRIDGE + KEYS.enter)
    await terminal.answer('How the box is called', KEYS.enter)
    await terminal.answer('Ranges to ask', rangeAround(address) + KEYS.enter)
  }

  it('asks again what makes no sense, and in the end has let itself in and shown no password', async (t) => {
    const { terminal, config, stateDir } = box(t, '--no-claim')
    await terminal.answer("The bridge's address", `cameras.example.org${KEYS.enter}`)
    await terminal.answer('write it with http:// or https://', '')
    await terminal.answer("The bridge's address", KEYS.enter)
    await terminal.answer("The bridge's address", BRIDGE + KEYS.enter)
    await terminal.answer('How the box is called', `Shop${KEYS.enter}`)
    await terminal.answer('Ranges to ask', `192.168.7.0/33${KEYS.enter}`)
    await terminal.answer('is no address range', '')
    await terminal.answer('Ranges to ask', rangeAround(address) + KEYS.enter)
    await terminal.answer('2 devices do not let us in. User name', `admin${KEYS.enter}`)
    await terminal.answer('Password of admin', `not-this-one${KEYS.enter}`)
    await terminal.answer('P3289-LVE', '')
    await terminal.answer('2 devices do not let us in. User name', `admin${KEYS.enter}`)
    await terminal.answer('Password of admin', PASSWORD + KEYS.enter)
    await terminal.until(`Wrote ${config}`)
    assert.equal(await terminal.end(), 0)
    assert.match(terminal.shown, /AXIS +P3289-LVE/)
    for (const secret of [PASSWORD, 'not-this-one']) assert.ok(!terminal.shown.includes(secret))
    assert.match(readFileSync(config, 'utf8'), /name: Shop/)
    assert.ok(existsSync(join(stateDir, 'credentials.sealed')))
  })

  it('changes nothing when it is stopped at a question, however', async (t) => {
    for (const key of [KEYS.ctrlC, KEYS.ctrlD]) {
      const { terminal, untouched } = box(t)
      await terminal.answer("The bridge's address", key)
      await terminal.until('Stopped: nothing was changed')
      assert.equal(await terminal.end(), 1)
      untouched()
    }
  })

  it('changes nothing when it is stopped while it looks for cameras', async (t) => {
    const { terminal, untouched } = box(t)
    await toTheLook(terminal)
    await terminal.answer('Looking for cameras', KEYS.ctrlC)
    await terminal.until('Stopped: nothing was changed')
    assert.equal(await terminal.end(), 1)
    untouched()
  })

  it('shows what was found until a search was stopped, as a part', async (t) => {
    const places = ['--interface', 'none', '--discovery-port', String(discoveryPort), '--timeout', '300']
    const terminal = new Terminal(['discover', '--cidr', rangeAround(address), ...places], 120)
    t.after(() => terminal[Symbol.dispose]())
    await terminal.answer('2 found', KEYS.ctrlC)
    await terminal.until('P3289-LVE')
    assert.equal(await terminal.end(), 3)
  })

  it('changes nothing when it is stopped at the password', async (t) => {
    for (const key of [KEYS.ctrlC, KEYS.ctrlD]) {
      const { terminal, untouched } = box(t)
      await toTheLook(terminal)
      await terminal.answer('User name', `admin${KEYS.enter}`)
      await terminal.answer('Password of admin', key)
      await terminal.until('Stopped: nothing was changed')
      assert.equal(await terminal.end(), 1)
      untouched()
    }
  })

  it('says why nobody could claim the box yet, and what comes next when it is stopped there', async (t) => {
    const { terminal, config } = box(t)
    await toTheLook(terminal)
    await terminal.answer('User name', KEYS.enter)
    await terminal.until(`Wrote ${config}`)
    await terminal.answer('Not yet: ', KEYS.ctrlC)
    await terminal.until('the next start of the agent shows a code')
    assert.equal(await terminal.end(), 1)
  })
})
