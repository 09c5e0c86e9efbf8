import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseConfig } from './load.ts'
import { configJsonSchema } from './schema.ts'

describe('the configuration file', () => {
  it('needs nothing but the bridge', () => {
    const config = parseConfig('bridge: https://cameras.example.org\n', 'agent.yaml')
    assert.equal(config.media.postRollMs, 20_000)
    assert.equal(config.discovery.multicast, true)
  })

  it('names the line of an unknown key', () => {
    const text = 'bridge: https://cameras.example.org\ndiscovery:\n  multicast: true\n  rangs: [10.0.0.0/24]\n'
    assert.throws(() => parseConfig(text, 'agent.yaml'), /agent\.yaml, line 4: discovery\.rangs/)
  })

  it('names the line of a value that makes no sense', () => {
    const text = 'bridge: https://cameras.example.org\nmedia:\n  snapshotSchedule: "every day"\n'
    assert.throws(() => parseConfig(text, 'agent.yaml'), /line 3: media\.snapshotSchedule: must be a cron expression/)
  })

  it('names the line where the YAML itself breaks', () => {
    assert.throws(() => parseConfig('bridge: "https://x\n', 'agent.yaml'), /agent\.yaml, line [12]: /)
  })

  it('says what is missing', () => {
    assert.throws(() => parseConfig('name: Box\n', 'agent.yaml'), /bridge/)
    assert.throws(() => parseConfig('', 'agent.yaml'), /bridge/)
  })

  it('publishes a schema in which every key is described', () => {
    const text = JSON.stringify(configJsonSchema())
    assert.match(text, /WS-Discovery port/)
    assert.match(text, /"additionalProperties":false/)
  })
})
