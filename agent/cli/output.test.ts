import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { logLine } from './logs.ts'
import { Output, table, wrapped } from './output.ts'
import { screenOf } from './watch-screen.ts'

describe('what is printed', () => {
  it('fits the terminal: the widest columns are cut, and say so', () => {
    const text = table(['NAME', 'N'], [['x'.repeat(50), '1']], { width: 20 })
    assert.deepEqual(text.split('\n'), ['NAME               N', `${'x'.repeat(16)}…  1`])
    assert.ok(table(['NAME', 'N'], [['x'.repeat(50), '1']]).includes('x'.repeat(50)), 'nothing is cut for a file')
  })

  it('stands in lines of its own where columns would be cut too far, and keeps what a person types whole', () => {
    const [head, row] = [
      ['ID', 'MAKER', 'SERIAL', 'NOTE'],
      ['abcdefghijklmnop', 'Maker', '0123456789'.repeat(3), ''],
    ]
    assert.deepEqual(table(head, [row, row], { width: 30, whole: 1 }).split('\n'), [
      ...['ID      abcdefghijklmnop', 'MAKER   Maker', 'SERIAL', '        012345678901234567890123456789', ''],
      ...['ID      abcdefghijklmnop', 'MAKER   Maker', 'SERIAL', '        012345678901234567890123456789'],
    ])
    assert.match(table(head, [row], { width: 50, whole: 1 }), /^abcdefghijklmnop {2}Maker {2}012345678901234567… *$/m)
  })

  it('lets no camera command the terminal by its name', () => {
    const said: string[] = []
    const output = new Output(false, (text) => said.push(text))
    output.answer({}, () => 'Cam\x1b[2Jera\u202e\tx\ny\x07')
    assert.deepEqual(said, ['Cam·[2Jera·\tx\ny·\n'])
  })

  it('wraps sentences with an indent', () => {
    assert.equal(wrapped('one two three four', 9, '  '), 'one two\n  three\n  four')
  })

  it('shows a log line without its JSON', () => {
    const line = '{"level":40,"time":"2026-01-02T03:04:05.678Z","camera":"a","keys":["b"],"msg":"No picture came"}'
    assert.equal(logLine(line), '01-02 03:04:05 warn  No picture came camera=a keys=["b"]')
  })

  const camera = (n: number, level: 'up' | 'up-without-auth' = 'up') => ({
    ...{ camera: `camera${'abcdefghij'[n]}aaaaaaaaa`, name: `A very long name of camera ${n} in the yard` },
    ...{ address: `192.168.100.20${n}`, level, last: 'motion begins', lastAt: 1 },
    codes: level === 'up' ? [] : ['AUTH_REJECTED', 'CLOCK_SKEW'],
  })
  const state = (cameras: ReturnType<typeof camera>[]) => ({
    ...{ version: '1', pid: 1, uptimeS: 7300, agent: 'agentaaaaaaaaaaa', bridge: null, connected: false },
    ...{ trouble: 'x'.repeat(90), settledBy: 'broker' as const, cap: true, residentBytes: 1 },
    ...{ sent: { items: 0, bytes: 0 }, spool: { messages: 1, bytes: 1, dropped: 0 }, cameras },
  })
  const news = Array.from({ length: 8 }, (_, at) => {
    return { at, kind: 'event' as const, camera: 'cameraaaaaaaaaaaa', text: `motion ${at}` }
  })

  for (const [width, height, count] of [
    [80, 24, 1],
    [60, 24, 8],
    [60, 16, 10],
    [40, 12, 10],
    [132, 50, 10],
  ] as const) {
    it(`shows a running agent with ${count} cameras within ${width} x ${height}`, () => {
      const cameras = Array.from({ length: count }, (_, n) => camera(n, n === count - 1 ? 'up-without-auth' : 'up'))
      const text = screenOf(state(cameras), news, { width, height })
      const lines = text.split('\n')
      assert.ok(Math.max(...lines.map((line) => line.length)) <= width, text)
      assert.ok(lines.length <= height, text)
      assert.match(text, width < 60 ? /^Lenscap 1, agent/ : /up 2 h 1 min/)
      assert.match(text, /motion 7$/m, 'the newest is there')
      assert.match(text, /^A ver.* 192\.1/m)
      if (count === 10 && height < 20) assert.match(text, /^and \d more/m)
      assert.match(
        lines.find((line) => line.startsWith('A ')) ?? '',
        height < 20 ? /up-w|…/ : /./,
        'who needs someone is first',
      )
      assert.equal(lines.at(-1), 'Ctrl-C ends this view')
    })
  }
})
