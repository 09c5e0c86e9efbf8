import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mediaUrl, onSameDevice } from './addresses.ts'

const four = { address: '192.0.2.7', port: 8000, path: '/onvif/device_service', https: false }
const six = { ...four, address: 'fd00:7::20' }

/** What a device names, and where that leads. */
const XADDRS: readonly [string, typeof four, string][] = [
  ['http://192.0.2.7:8000/onvif/media', four, '192.0.2.7 8000 /onvif/media'],
  ['http://192.0.2.7/onvif/media?x=1', four, '192.0.2.7 80 /onvif/media?x=1'],
  ['http://198.51.100.1:9/onvif/media', four, '192.0.2.7 8000 /onvif/media'],
  ['http://0.0.0.0/onvif/media', four, '192.0.2.7 8000 /onvif/media'],
  ['http://user:secret@198.51.100.1/a', four, '192.0.2.7 8000 /a'],
  ['http://evil.example/a', four, '192.0.2.7 8000 /a'],
  ['https://192.0.2.7:443/a', four, '192.0.2.7 8000 /a'],
  ['http://[fe80::1]/a', four, '192.0.2.7 8000 /a'],
  ['no address at all', four, '192.0.2.7 8000 /onvif/device_service'],
  ['http://[fd00:7::20]:2020/a', six, 'fd00:7::20 2020 /a'],
  ['http://[fd00:7:0:0::21]/a', six, 'fd00:7::20 8000 /a'],
  ['http://192.0.2.7:2020/a', six, 'fd00:7::20 8000 /a'],
]

for (const [xaddr, dialled, leads] of XADDRS) {
  test(`a service at ${xaddr} is asked at ${leads}`, () => {
    const { address, port, path } = onSameDevice(xaddr, dialled)
    assert.equal(`${address} ${port} ${path}`, leads)
  })
}

const MEDIA: readonly [string, string, string | undefined][] = [
  ['rtsp://198.51.100.1:8554/a?b', '192.0.2.7', 'rtsp://192.0.2.7:8554/a?b'],
  ['rtsp://user:secret@0.0.0.0/a', '192.0.2.7', 'rtsp://192.0.2.7/a'],
  ['http://evil.example/snap', 'fd00:7::20', 'http://[fd00:7::20]/snap'],
  ['rtsp://[fe80::2]:554/a', 'fd00:7::20', 'rtsp://[fd00:7::20]:554/a'],
  ['rtsp://198.51.100.1/a', 'fe80::1%eth0', undefined],
  ['file:///etc/passwd', '192.0.2.7', undefined],
  ['gopher://x/', '192.0.2.7', undefined],
]

for (const [uri, address, leads] of MEDIA) {
  test(`media at ${uri} of a device at ${address} is fetched at ${leads ?? 'no place'}`, () => {
    assert.equal(mediaUrl(uri, address)?.href, leads)
  })
}

test('whatever a device names, its own address is dialled, and no user is in the URL', () => {
  const own = fc.oneof(fc.ipV4(), fc.ipV6())
  const named = fc.oneof(
    fc.webUrl({ withQueryParameters: true }),
    fc.string(),
    fc.ipV6().map((ip) => `rtsp://u:p@[${ip}]/x`),
  )
  fc.assert(
    fc.property(own, named, (address, uri) => {
      assert.equal(onSameDevice(uri, { ...four, address }).address, address)
      const url = mediaUrl(uri, address)
      const host = address.includes(':') ? `[${address}]` : address
      if (url) assert.deepEqual([url.hostname, url.username], [URL.parse(`${url.protocol}//${host}/`)?.hostname, ''])
    }),
    { numRuns: 500, seed: 4711 },
  )
})
