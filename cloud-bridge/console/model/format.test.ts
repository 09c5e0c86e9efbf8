import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, bytes, count, duration, percent, span } from './format.ts'

test('bytes read well at every size', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [-1, '0 B'],
    [812, '812 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [61_234, '61 KB'],
    [999_499, '999 KB'],
    [999_500, '1.0 MB'],
    [1_843_200, '1.8 MB'],
    [31_200_000_000, '31 GB'],
    [5e15, '5000 TB'],
  ]
  for (const [n, words] of cases) assert.equal(bytes(n), words)
})

test('how long ago grows without jumping, and a clock that runs ahead is just now', () => {
  const now = 1_700_000_000_000
  const at = (seconds: number) => ago(now - seconds * 1000, now)
  assert.equal(at(-90), 'just now')
  assert.equal(at(7), 'just now')
  assert.equal(at(8), '8 s ago')
  assert.equal(at(59), '50 s ago')
  assert.equal(at(60), '1 min ago')
  assert.equal(at(3599), '59 min ago')
  assert.equal(at(3600), '1 h ago')
  assert.equal(at(86_400), '1 day ago')
  assert.equal(at(2 * 86_400), '2 days ago')
  assert.match(at(30 * 86_400), /2023/)
})

test('a count agrees with its noun', () => {
  assert.equal(count(1, 'camera'), '1 camera')
  assert.equal(count(0, 'camera'), '0 cameras')
  assert.equal(count(2, 'box', 'boxes'), '2 boxes')
})

test('lengths of time', () => {
  assert.equal(duration(9_400), '0:09')
  assert.equal(duration(3_723_000), '1:02:03')
  assert.equal(span(-400), '0.4 s')
  assert.equal(span(-7_200_000), '2 h')
  assert.equal(span(86_400_000 * 20_000), '20000 days')
})

test('a share of nothing is nothing', () => {
  assert.equal(percent(1, 0), 0)
  assert.equal(percent(3, 2), 100)
  assert.equal(percent(1, 4), 25)
})
