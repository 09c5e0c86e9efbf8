import assert from 'node:assert/strict'
import { test } from 'node:test'
import { posterOf } from './poster.ts'
import { item } from './sample.ts'

const clip = item('c1', 'cam', 100_000, 'clip')
const at = (id: string, takenAt: number) => item(id, 'cam', takenAt)

test('a clip shows the nearest snapshot, before or after', () => {
  assert.equal(posterOf(clip, [at('s1', 90_000), clip, at('s2', 103_000), at('s3', 88_000)])?.id, 's2')
  assert.equal(posterOf(clip, [at('s1', 99_000), at('s2', 103_000)])?.id, 's1')
})

test('a clip shows none that is too far off, of another camera, or no snapshot', () => {
  const others = [at('s1', 84_999), at('s2', 115_001), { ...at('s3', 100_000), camera: 'other' }, { ...clip, id: 'c2' }]
  assert.equal(posterOf(clip, others), undefined)
  assert.equal(posterOf(clip, [at('s1', 85_000)])?.id, 's1')
})
