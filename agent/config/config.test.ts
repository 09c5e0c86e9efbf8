import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { ConfigError, parseConfig, readCredentials } from './load.ts'
import { configJsonSchema } from './schema.ts'

const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Every key of a schema, with what is said of it. */
function keysOf(schema: unknown, path = ''): [string, unknown][] {
  const properties = isGroup(schema) && isGroup(schema['properties']) ? schema['properties'] : {}
  return Object.entries(properties).flatMap(([key, value]) => {
    const below = keysOf(value, `${path}${key}.`)
    return below.length > 0 ? below : [[`${path}${key}`, value] as [string, unknown]]
  })
}

describe('the configuration file', () => {
  it('needs nothing but the bridge', () => {
    const config = parseConfig('bridge: https://cameras.example.org\n', 'agent.yaml')
    assert.equal(config.media.postRollMs, 20_000)
    assert.equal(config.discovery.multicast, true)
  })

  it('names the line of an unknown key', () => {
    const text = 'bridge: https://cameras.example.org\ndiscovery:\n  multicast: true\n  rangs: [10.0.0.0/24]\n'
    assert.throws(() => parseConfig(text, 'agent.yaml'), /agent\.yaml, line 4, column 3: discovery\.rangs/)
  })

  it('names the line of a value that makes no sense', () => {
    const text = 'bridge: https://cameras.example.org\nmedia:\n  snapshotSchedule: "every day"\n'
    assert.throws(
      () => parseConfig(text, 'agent.yaml'),
      /line 3, column 21: media\.snapshotSchedule: must be a cron expression/,
    )
  })

  it('names the line where the YAML itself breaks', () => {
    assert.throws(() => parseConfig('bridge: "https://x\n', 'agent.yaml'), /agent\.yaml, line [12], column \d+: /)
  })

  it('names every fault in one go, in the order of the file', () => {
    const text = 'bridge: 7\nlog: loud\nspool:\n  bytesMax: few\nnonsense: 1\n'
    const faultsOf = (wrong: string) => {
      try {
        parseConfig(wrong, 'agent.yaml')
      } catch (error) {
        return error instanceof ConfigError ? error.faults.map(({ line, column, key }) => [line, column, key]) : []
      }
      return []
    }
    assert.deepEqual(faultsOf(text), [
      [1, 9, 'bridge'],
      [2, 6, 'log'],
      [4, 13, 'spool.bytesMax'],
      [5, 1, 'nonsense'],
    ])
    assert.deepEqual(
      faultsOf('name: a\nname: b\nlog: @x\n').map(([line]) => line),
      [2, 3],
    )
  })

  it('says what is missing', () => {
    assert.throws(() => parseConfig('name: Box\n', 'agent.yaml'), /bridge/)
    assert.throws(() => parseConfig('', 'agent.yaml'), /bridge/)
  })

  it('publishes a schema in which every key is described', () => {
    const text = JSON.stringify(configJsonSchema())
    assert.match(text, /WS-Discovery port/)
    assert.match(text, /"additionalProperties":false/)
    const undescribed = keysOf(configJsonSchema()).filter(
      ([, schema]) => !JSON.stringify(schema).includes('description'),
    )
    assert.deepEqual(undescribed, [])
  })

  it('has its schema published as it is', () => {
    const path = join(import.meta.dirname, '../../docs/agent-config.schema.json')
    const advice = 'write it anew: node agent/cli/main.ts config schema > docs/agent-config.schema.json'
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(JSON.stringify(configJsonSchema())), advice)
  })
})

describe('passwords in the configuration', () => {
  const secret = 'Geheim4711'
  const file = (credentials: string) => `bridge: https://cameras.example.org\ncredentials:\n${credentials}`

  it('are taken, in the order given, with what they are meant for', async () => {
    const text = file(
      `  - {username: admin, password: "${secret}"}\n  - {username: b, password: x, for: [maker:axis]}\n`,
    )
    const config = parseConfig(text, 'agent.yaml')
    assert.deepEqual(
      (await readCredentials(config)).map(({ id, password, for: patterns }) => [id, password.reveal(), ...patterns]),
      [
        ['config-1', secret],
        ['config-2', 'x', 'maker:axis'],
      ],
    )
    for (const shown of [inspect(config, { depth: 9 }), JSON.stringify(config)]) assert.ok(!shown.includes(secret))
    assert.throws(
      () => parseConfig(file('  - {username: admin}\n'), 'f'),
      /line 3, column \d: credentials.0: needs either/,
    )
    const both = '  - {username: admin, password: x, passwordFile: y}\n'
    assert.throws(() => parseConfig(file(both), 'f'), /needs either passwordFile or password/)
  })

  it('are never in the words about a fault, however they are written', async (t) => {
    const warnings: string[] = []
    const onWarning = (warning: Error) => void warnings.push(warning.message)
    process.on('warning', onWarning)
    t.after(() => process.off('warning', onWarning))
    const spellings = [
      '',
      ' ',
      '*',
      '&',
      '!',
      '@',
      '`',
      '"',
      "'",
      '%',
      '{',
      '[',
      '| ',
      '> ',
      '? ',
      '- ',
      '\t',
      '#',
      '"\\',
    ]
    const lines = (before: string, after: string) => [
      `  - username: admin\n    password: ${before}${secret}${after}\n`,
      `  - username: admin\n    password:${before}${secret}${after}\n`,
      `  - {username: admin, password:${before}${secret}${after}}\n`,
      `  - {username: admin, password: ${before}${secret}${after}}\n`,
      `  - username: admin\n   password: ${before}${secret}${after}\n`,
      `  - username: admin\n    pasword: ${before}${secret}${after}\n`,
      `  - ${before}${secret}${after}\n`,
      `  - username: admin\n    ${secret}${before}: 1\n`,
      `  ${before}${secret}: ${after}\n`,
      `  - username: admin\n    password: [${before}${secret}${after}]\n`,
    ]
    let faults = 0
    for (const before of spellings) {
      for (const after of [...spellings, ': x', ':']) {
        for (const credentials of lines(before, after)) {
          try {
            parseConfig(file(credentials), 'agent.yaml')
          } catch (error) {
            faults += 1
            const shown = inspect(error, { depth: 9, showHidden: true })
            assert.ok(!shown.includes(secret), `${credentials} ${shown}`)
          }
        }
      }
    }
    assert.ok(faults > 500, String(faults))
    // Warnings are told one turn later.
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(
      warnings.filter((warning) => warning.includes(secret)),
      [],
    )
  })
})
