import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ConfigError, parseConfig } from '../config/load.ts'
import { placeFaults } from './places.ts'

it('refuses ranges, hosts, fences and patterns that make no sense before anything runs, each at its place', () => {
  const good = 'bridge: http://127.0.0.1:1\ndiscovery: { ranges: [10.0.0.0/24], only: ["fd00::/64"] }\n'
  assert.equal(parseConfig(good, 'f', placeFaults).discovery.ranges[0], '10.0.0.0/24')
  const bad = [
    'bridge: http://127.0.0.1:1',
    'discovery:',
    '  ranges: [10.0.0.0/24, 10.0.0]',
    '  hosts:',
    '    - camera lan',
    '  only: [10.0.0.0/40]',
    'credentials:',
    '  - {username: a, passwordFile: b, for: [anybody]}',
  ]
  assert.throws(
    () => parseConfig(bad.join('\n'), 'agent.yaml', placeFaults),
    (error) => {
      assert.ok(error instanceof ConfigError)
      const places = error.faults.map(({ line, column, key }) => `${line}:${column} ${key}`)
      const wanted = [
        '3:25 discovery.ranges.1',
        '5:7 discovery.hosts.0',
        '6:10 discovery.only.0',
        '8:42 credentials.0.for.0',
      ]
      assert.deepEqual(places, wanted)
      return true
    },
  )
})
