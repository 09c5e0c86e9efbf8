import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FrameGate } from './frame-gate.ts'

const LIMITS = { bytesMaxBefore: 100, bytesMaxAfter: 1000 }

/** A frame with a remaining length of this many bytes. */
function frame(length: number): Buffer {
  const bytes: number[] = []
  for (let left = length; ; left = Math.floor(left / 128)) {
    bytes.push((left % 128) | (left >= 128 ? 0x80 : 0))
    if (left < 128) break
  }
  return Buffer.concat([Buffer.from([0x30, ...bytes]), Buffer.alloc(length)])
}

describe('the frame gate', () => {
  it('lets frames within the limit pass, however they are cut up', () => {
    const bytes = Buffer.concat([frame(0), frame(1), frame(100), frame(99), Buffer.from([0xc0, 0])])
    for (const size of [1, 2, 7, bytes.length]) {
      const gate = new FrameGate(LIMITS)
      for (let i = 0; i < bytes.length; i += size) assert.equal(gate.pass(bytes.subarray(i, i + size)), true)
    }
  })

  it('refuses a frame as soon as its length is announced', () => {
    const gate = new FrameGate(LIMITS)
    assert.equal(gate.pass(frame(2_000_000).subarray(0, 5)), false)
    assert.equal(new FrameGate(LIMITS).pass(frame(101)), false)
  })

  it('allows more to those who have proved who they are', () => {
    const gate = new FrameGate(LIMITS)
    gate.authenticated()
    assert.equal(gate.pass(frame(1000)), true)
    assert.equal(gate.pass(frame(1001)), false)
  })

  it('refuses a length of more than four bytes', () => {
    const gate = new FrameGate({ bytesMaxBefore: 2 ** 40, bytesMaxAfter: 2 ** 40 })
    assert.equal(gate.pass(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80])), false)
  })
})
