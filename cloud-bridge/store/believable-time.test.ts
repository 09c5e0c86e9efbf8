import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { believableTime } from './believable-time.ts'

const NOW = Date.UTC(2026, 5, 1)
const DAY_MS = 24 * 3_600_000

describe('the time of a box', () => {
  it('is believed where a clock may well have said so, however long the box was away', () => {
    for (const at of [NOW, NOW - DAY_MS, NOW - 300 * DAY_MS, NOW + 60_000]) assert.equal(believableTime(at, NOW), at)
  })

  it('counts as now where the clock must be wrong', () => {
    for (const at of [0, 1, NOW + DAY_MS, 8.64e15]) assert.equal(believableTime(at, NOW), NOW, String(at))
  })
})
