import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { onOwnAddress } from './access.ts'

describe("the camera's own address", () => {
  it('replaces whatever host the camera names, and nothing else', () => {
    const cases = [
      ['rtsp://10.9.8.7:8554/a?b=c&d', '127.0.0.1', 'rtsp://127.0.0.1:8554/a?b=c&d'],
      ['rtsp://user:word@elsewhere.example/a', '192.0.2.7', 'rtsp://192.0.2.7/a'],
      ['http://[2001:db8::1]:8080/snap', '192.0.2.7', 'http://192.0.2.7:8080/snap'],
      ['rtsp://10.9.8.7/a', '2001:db8::2', 'rtsp://[2001:db8::2]/a'],
      ['http://10.9.8.7/a', '2001:0db8:0:0::2', 'http://[2001:db8::2]/a'],
    ] as const
    for (const [uri, address, expected] of cases) assert.equal(onOwnAddress(new URL(uri), address).href, expected)
  })

  it('is never left out in silence', () => {
    for (const address of ['', 'elsewhere.example', '1.2.3.4/x', 'fe80::1%eth0', 'a b']) {
      assert.throws(() => onOwnAddress(new URL('rtsp://10.9.8.7/a'), address), { kind: 'invalid' })
    }
    for (const uri of ['data:text/plain,a', 'mailto:a@b']) {
      assert.throws(() => onOwnAddress(new URL(uri), '192.0.2.7'), { kind: 'invalid' }, uri)
    }
  })
})
