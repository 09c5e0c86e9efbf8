import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { logLine } from './logs.ts'
import { table, wrapped } from './output.ts'
import { screenOf } from './running.ts'

describe('what is printed', () => {
  it('fits the terminal: the widest columns are cut, and say so', () => {
    const text = table(['NAME', 'N'], [['x'.repeat(50), '1']], 20)
    assert.deepEqual(text.split('\n'), ['NAME               N', `${'x'.repeat(16)}…  1`])
    assert.ok(table(['NAME', 'N'], [['x'.repeat(50), '1']]).includes('x'.repeat(50)), 'nothing is cut for a file')
  })

  it('wraps sentences with an indent', () => {
    assert.equal(wrapped('one two three four', 9, '  '), 'one two\n  three\n  four')
  })

  it('shows a log line without its JSON', () => {
    const line = '{"level":40,"time":"2026-01-02T03:04:05.678Z","camera":"a","keys":["b"],"msg":"No picture came"}'
    assert.equal(logLine(line), '01-02 03:04:05 warn  No picture came camera=a keys=["b"]')
  })

  it('shows a running agent within 80 columns', () => {
    const camera = {
      camera: 'cameraaaaaaaaaaa',
      name: 'A very long name of a camera in the yard',
      address: '192.168.100.200',
    }
    const text = screenOf(
      {
        ...{ version: '1', pid: 1, uptimeS: 7300, agent: 'agentaaaaaaaaaaa', bridge: null, connected: false },
        ...{ trouble: 'x'.repeat(90), settledBy: 'broker', cap: true, residentBytes: 1, sent: { items: 0, bytes: 0 } },
        spool: { messages: 1, bytes: 1, dropped: 0 },
        cameras: [
          {
            ...camera,
            level: 'up-without-auth',
            codes: ['AUTH_REJECTED', 'CLOCK_SKEW'],
            last: 'motion begins',
            lastAt: 1,
          },
        ],
      },
      [{ at: 1, kind: 'event', camera: 'cameraaaaaaaaaaa', text: 'motion begins' }],
      80,
    )
    assert.ok(Math.max(...text.split('\n').map((line) => line.length)) <= 80, text)
    assert.match(text, /up 2 h 1 min/)
  })
})
