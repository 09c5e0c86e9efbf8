import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FrameGuard } from './frame-guard.ts'

/** A PUBLISH head for a frame of this size, then the frame's bytes. */
function frame(bytes: number): Buffer {
  const head = [0x30]
  for (let left = bytes; ; left = left >> 7) {
    head.push((left & 127) | (left > 127 ? 128 : 0))
    if (left <= 127) break
  }
  return Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 0xff)])
}

describe('the frame guard', () => {
  for (const size of [1, 2, 3, 7, 65_536]) {
    it(`lets frames of any allowed size pass in pieces of ${size}`, () => {
      const guard = new FrameGuard(20_000)
      const bytes = Buffer.concat([0, 1, 127, 128, 16_384, 20_000, 0, 5].map(frame))
      for (let at = 0; at < bytes.length; at += size) {
        assert.equal(guard.faultIn(bytes.subarray(at, at + size)), undefined)
      }
      assert.match(guard.faultIn(frame(20_001)) ?? '', /at least 20001 bytes/)
    })
  }

  it('finds a length of more than four bytes', () => {
    assert.match(new FrameGuard(1000).faultIn(Buffer.from([0x30, 128, 128, 128, 128])) ?? '', /makes no sense/)
  })
})
