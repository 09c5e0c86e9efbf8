import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import type { Command } from 'commander'
import { AgentConfig } from '../config/schema.ts'
import { completionFor, SHELLS } from './completion.ts'
import { programOf } from './program.ts'
import { changedKeys } from './reload.ts'

const all = (command: Command): Command[] => command.commands.flatMap((each) => [each, ...all(each)])

describe('the command line', () => {
  const program = programOf()

  it('has what an installer needs, each with a description', () => {
    const names = program.commands.map((each) => each.name())
    const wanted =
      'setup run discover doctor status cameras watch logs grants ledger cap reset config credentials completion'
    for (const name of wanted.split(' ')) assert.ok(names.includes(name), name)
    for (const each of all(program)) assert.notEqual(each.description(), '', each.name())
  })

  it('takes no password as an argument, which every user of the box could read', () => {
    const options = all(program).flatMap((each) => each.options.map(({ long }) => long ?? ''))
    assert.deepEqual(options.filter((name) => /pass|secret|token|key$/.test(name)).toSorted(), [
      '--password-file',
      '--password-file',
      '--password-file',
      '--with-key',
    ])
  })

  it('can answer in JSON wherever it reports', () => {
    const without = all(program).filter(
      (each) => each.commands.length === 0 && !each.options.some(({ long }) => long === '--json'),
    )
    assert.deepEqual(
      without.map((each) => each.name()),
      ['schema', 'completion'],
    )
  })

  for (const shell of SHELLS) {
    it(`is completed in ${shell}, every command and option of it`, () => {
      const script = completionFor(shell, program)
      for (const each of all(program)) assert.match(script, new RegExp(`\\b${each.name()}\\b`))
      assert.match(script, shell === 'fish' ? /-l follow/ : /--follow/)
    })
  }
})

describe('the completion in bash itself', () => {
  const script = completionFor('bash', programOf())
  /** What a Tab behind these words offers; every machine that builds this has bash. */
  const offered = (...words: string[]) => {
    const asks = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lenscap_agent; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', asks, 'bash', 'lenscap-agent', ...words], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })
    assert.deepEqual([status, stderr], [0, ''])
    return stdout.split('\n').filter((each) => each !== '')
  }

  for (const [words, wanted] of [
    [['d'], ['discover', 'doctor']],
    [
      ['config', ''],
      ['schema', 'check', 'show', 'reload', '--help'],
    ],
    [
      ['--json', 'co'],
      ['config', 'completion'],
    ],
    [['logs', '--since', '2h', '--f'], ['--follow']],
    [['logs', '--since', ''], []],
    [['setup', '--name', 'config', '--cid'], ['--cidr']],
    [
      ['cap', 'o'],
      ['on', 'off'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', '--help'],
    ],
    [['config', 'check', '--config', 'program.tes'], ['program.test.ts']],
    [['cameras', 'fo'], ['forget']],
  ] as const) {
    it(`offers ${wanted.join(', ') || 'nothing'} for "${words.join(' ')}"`, () => {
      assert.deepEqual(offered(...words), wanted)
    })
  }
})

describe('a changed configuration', () => {
  const before = AgentConfig.parse({ bridge: 'https://a.example' })

  it('counts at once where it can, and else names the keys that need a restart', () => {
    const after = AgentConfig.parse({
      bridge: 'https://b.example',
      log: 'debug',
      discovery: { ranges: ['192.0.2.0/24'] },
      media: { snapshotSchedule: '* * * * *', preRollMs: 1 },
      homeAssistant: { enabled: true, broker: { url: 'mqtt://127.0.0.1' } },
    })
    const { applied, restart } = changedKeys(before, after)
    const live = ['discovery.ranges', 'homeAssistant.broker', 'homeAssistant.enabled', 'log', 'media.snapshotSchedule']
    assert.deepEqual(applied.toSorted(), live)
    assert.deepEqual(restart.toSorted(), ['bridge', 'media.preRollMs'])
    assert.deepEqual(changedKeys(before, before), { applied: [], restart: [] })
  })
})
