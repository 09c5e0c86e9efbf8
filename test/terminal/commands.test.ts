import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command } from '../harness/command.ts'
import { House } from '../harness/house.ts'
import { until } from '../harness/until.ts'
import { KEYS, Terminal } from './terminal.ts'

/** Every command that shows something of a box that works, and the exit codes that it may end with. */
const COMMANDS: readonly { readonly args: readonly string[]; readonly codes: readonly number[] }[] = [
  { args: ['status'], codes: [0] },
  { args: ['cameras'], codes: [0] },
  { args: ['grants'], codes: [0] },
  { args: ['ledger'], codes: [0] },
  { args: ['ledger', '--verify'], codes: [0] },
  { args: ['cap', 'on'], codes: [0] },
  { args: ['grants'], codes: [0] },
  { args: ['status'], codes: [0] },
  { args: ['cap', 'off'], codes: [0] },
  { args: ['credentials', 'list'], codes: [0] },
  // What it finds on this machine, such as a clock that no time server set, is no matter of the terminal's.
  { args: ['doctor'], codes: [0, 1, 3] },
  { args: ['config', 'check'], codes: [0] },
  { args: ['config', 'reload'], codes: [0] },
]

/** A path or a hash is copied whole or not at all: it may be longer than a line. */
const ONE_WORD = /^\s*(Head: )?\S+$/

const HELP = [['--help'], ['setup', '--help'], ['logs', '--help'], ['credentials', 'add', '--help']]

test('what an installer asks', { timeout: 600_000 }, async (t) => {
  await using house = await House.build({ signal: t.signal, profiles: ['axis', 'hikvision', 'nvr'] })
  const box = await house.move('box')
  const cameras = await house.cameras(6)
  for (const { id } of cameras.slice(0, 2)) await house.owner.allow(id, ['snapshot'])
  await until('pictures left', async () => {
    const { out } = await box.ask('ledger', '--json')
    return JSON.parse(out).length > 1
  })

  for (const columns of [60, 80]) {
    await t.test(`fits a terminal of ${columns} columns, with the exit code that is documented`, async () => {
      const asked = COMMANDS.map(({ args, codes }) => ({ args: [...args, '--config', box.config], codes }))
      const helps = HELP.map((args) => ({ args, codes: [0] }))
      for (const { args, codes } of [...asked, ...helps]) {
        const words = args.join(' ')
        using terminal = new Terminal(args, columns)
        const code = await terminal.end()
        assert.ok(codes.includes(code ?? -1), `${words}: ${code}\n${terminal.shown}`)
        const lines = terminal.shown.split('\n')
        assert.deepEqual(
          lines.filter((line) => [...line].length > columns && !ONE_WORD.test(line)),
          [],
          words,
        )
      }
    })
  }

  await t.test('is one value of JSON with --json', async () => {
    for (const { args, codes } of COMMANDS) {
      const { code, out, err } = await box.ask(...args, '--json')
      assert.ok(codes.includes(code ?? -1), `${args.join(' ')}: ${code} ${err}`)
      assert.doesNotThrow(() => JSON.parse(out), args.join(' '))
      assert.equal(out.trimEnd().split('\n').length, 1)
    }
  })

  await t.test('is refused with a line of JSON where it makes no sense, and --json is said', async () => {
    const refused = [
      ['status', '--config', '/nowhere/agent.yaml', '--json'],
      ['no-such-command', '--json'],
      ['cap', 'maybe', '--json'],
      ['logs', '--lines', 'many', '--json'],
      ['credentials', 'remove', 'none', '--config', box.config, '--json'],
      // Not the file's fault: it is read.
      ['cameras', 'forget', 'abcdefghijklmnop', '--config', box.config, '--json'],
      ['cameras', '--config', '/nowhere/agent.yaml', 'forget', 'abcdefghijklmnop', '--config', box.config, '--json'],
    ]
    for (const args of refused) {
      const { code, out, err } = await command('lenscap-agent', args)
      const { event, error, exit } = JSON.parse(err)
      assert.deepEqual([out, event, exit, code], ['', 'error', 2, 2], args.join(' '))
      assert.ok(error.length > 10)
      assert.equal(/Can't read the configuration/.test(error), args[0] === 'status', error)
    }
  })

  await t.test('is watched until Ctrl-C', async () => {
    using terminal = new Terminal(['watch', '--config', box.config], 60)
    await terminal.answer('Ctrl-C ends this view', KEYS.ctrlC)
    assert.equal(await terminal.end(), 0)
  })
})
