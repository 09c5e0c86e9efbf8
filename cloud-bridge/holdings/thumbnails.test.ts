import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { thumbnailFor } from './thumbnails.ts'

const clip = { reason: 'motion', taken_at: 100_000, duration_ms: 30_000 }
const shot = (id: string, taken_at: number, reason = 'motion') => ({ id, taken_at, reason })

describe("a clip's thumbnail", () => {
  for (const [what, snapshots, expected] of [
    ['is the first picture of its own time', [shot('late', 120_000), shot('first', 110_000)], 'first'],
    ['is of the same event', [shot('person', 105_000, 'person'), shot('motion', 111_000)], 'motion'],
    ['may have been taken just before', [shot('long before', 89_000), shot('before', 91_000)], 'before'],
    ['is rather of its own time than of before', [shot('before', 99_999), shot('within', 130_000)], 'within'],
    ['may come just after', [shot('after', 139_000), shot('long after', 141_000)], 'after'],
    ['is not one of another time', [shot('before', 89_999), shot('after', 140_001)], undefined],
    ['is not one that was taken by schedule', [shot('schedule', 110_000, 'schedule')], undefined],
  ] as const) {
    it(what, () => assert.equal(thumbnailFor(clip, snapshots)?.id, expected))
  }
})
