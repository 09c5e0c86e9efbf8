import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Timeline } from './timeline.ts'

describe('the timeline of a stream', () => {
  const follow = (steps: readonly (readonly [rtp: number, arrivedMs: number])[]) => {
    const timeline = new Timeline(90_000)
    return steps.map(([rtp, arrivedMs]) => timeline.ticks(rtp >>> 0, arrivedMs))
  }

  it('starts at 0 and goes on where the timestamp wraps', () => {
    assert.deepEqual(follow([[-4500, 0], [0, 50], [4500, 100]]), [0, 4500, 9000]) // biome-ignore format: a table
  })

  it('lets reordered pictures step back', () => {
    assert.deepEqual(follow([[0, 0], [13_500, 50], [4500, 100], [9000, 150]]), [0, 13_500, 4500, 9000]) // biome-ignore format: a table
  })

  it('follows arrival where the camera sets its clock, forth or back', () => {
    assert.deepEqual(follow([[0, 0], [90_000_000, 50], [90_004_500, 100]]), [0, 4500, 9000]) // biome-ignore format: a table
    assert.deepEqual(follow([[900_000, 0], [600_000, 50], [604_500, 100]]), [0, 4500, 9000]) // biome-ignore format: a table
  })
})
