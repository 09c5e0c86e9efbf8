import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fenceOf } from './fence.ts'

describe('the fence', () => {
  it('lets everything in where none is set', () => {
    assert.equal(fenceOf([])('192.0.2.1'), true)
  })

  it('lets in exactly the ranges named, in both families', () => {
    const fence = fenceOf(['192.168.7.0/24', '10.0.0.9', 'fd00:7::/64'])
    const answers = ['192.168.7.200', '192.168.8.1', '10.0.0.9', '10.0.0.8', 'fd00:7::1', 'fd00:8::1', 'fe80::1%eth0']
    assert.deepEqual(answers.map(fence), [true, false, true, false, true, false, false])
  })

  it('keeps out what is no address at all', () => {
    assert.equal(fenceOf(['192.168.7.0/24'])('camera.example.org'), false)
  })

  it('says what is wrong with a range', () => {
    for (const bad of ['192.168.7.0/33', '192.168.7', 'anything', '192.168.7.0/x', 'fd00::/129']) {
      assert.throws(() => fenceOf([bad]), { kind: 'invalid' })
    }
  })
})
