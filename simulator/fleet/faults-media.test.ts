import assert from 'node:assert/strict'
import type { MEDIA_FAULTS } from '../faults/catalogue/media.ts'
import { digestAuthorization } from './digest-client.testing.ts'
import { type Effect, exchange, testFaults } from './fault-effects.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { ask, PASSWORD, serviceUrl } from './one-camera.testing.ts'
import { ownNet } from './own-net.testing.ts'

const net = await ownNet()

const MEDIA = { path: '/onvif/media_service', namespace: 'http://www.onvif.org/ver10/media/wsdl' }
const MEDIA2 = { path: '/onvif/media2_service', namespace: 'http://www.onvif.org/ver20/media/wsdl' }
const SNAPSHOT = '/snapshot/1.jpg'

const both = (operation: string, inner: string, check: (text: string) => void): Effect => [
  undefined,
  async (camera) => {
    for (const { path, namespace } of [MEDIA, MEDIA2])
      check((await ask(camera, `<${operation} xmlns="${namespace}">${inner}</${operation}>`, path)).text)
  },
]
const PROFILE = '<ProfileToken>Profile_1</ProfileToken>'
const streamUri = (pattern: RegExp) => both('GetStreamUri', PROFILE, (text) => assert.match(text, pattern))
const snapshotUri = (pattern: RegExp) => both('GetSnapshotUri', PROFILE, (text) => assert.match(text, pattern))

async function login(camera: SimulatedCamera): Promise<string> {
  const first = await fetch(serviceUrl(camera, SNAPSHOT))
  await first.arrayBuffer()
  return digestAuthorization(first.headers.get('www-authenticate') ?? '', 'GET', SNAPSHOT, 'admin', PASSWORD)
}

async function snapshot(camera: SimulatedCamera) {
  const response = await fetch(serviceUrl(camera, SNAPSHOT), { headers: { authorization: await login(camera) } })
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
}

const isJpeg = (bytes: Buffer) =>
  bytes.toString('hex', 0, 3) === 'ffd8ff' && bytes.toString('hex', bytes.length - 2) === 'ffd9'

testFaults(net(8), {
  'no-profiles': both('GetProfiles', '<Type>All</Type>', (text) => {
    assert.match(text, /GetProfilesResponse/)
    assert.doesNotMatch(text, /token=/)
  }),
  'no-encoder': both('GetProfiles', '<Type>All</Type>', (text) => {
    assert.match(text, /token="Profile_1"/)
    assert.doesNotMatch(text, /VideoEncoder/)
  }),
  'no-h264': both('GetProfiles', '<Type>All</Type>', (text) => {
    assert.match(text, /Encoding>JPEG</)
    assert.doesNotMatch(text, /Encoding>H264</)
  }),
  'media-fault': both('GetProfiles', '', (text) => assert.match(text, /<env:Fault>/)),
  'stream-uri-wrong-host': streamUri(/rtsp:\/\/192\.0\.2\.1:\d+\//),
  'stream-uri-empty': streamUri(/<t(?:t|r2):Uri><\//),
  'stream-uri-login': streamUri(/rtsp:\/\/viewer:1234@127/),
  'snapshot-uri-fault': snapshotUri(/ter:ActionNotSupported/),
  'snapshot-uri-wrong-host': snapshotUri(/Uri>http:\/\/192\.0\.2\.1:/),
  'snapshot-404': [undefined, async (camera) => assert.equal((await snapshot(camera)).status, 404)],
  'snapshot-html': [
    undefined,
    async (camera) => assert.match((await snapshot(camera)).bytes.toString(), /^<!DOCTYPE html>/),
  ],
  'snapshot-empty': [undefined, async (camera) => assert.equal((await snapshot(camera)).bytes.length, 0)],
  'snapshot-truncated': [
    undefined,
    async (camera) => {
      const { bytes } = await snapshot(camera)
      assert.ok(bytes.length > 1000 && !isJpeg(bytes))
    },
  ],
  'snapshot-endless': [
    undefined,
    async (camera) => {
      const request = `GET ${SNAPSHOT} HTTP/1.1\r\nHost: x\r\nAuthorization: ${await login(camera)}\r\n\r\n`
      assert.ok((await exchange(camera, request, 3000, 2_000_000)).bytes.length >= 2_000_000)
    },
  ],
  'snapshot-huge': [
    1024,
    async (camera) => {
      const { bytes } = await snapshot(camera)
      assert.ok(bytes.length > 1_048_576 && isJpeg(bytes))
    },
  ],
  'snapshot-slow': [
    150,
    async (camera) => {
      const begun = performance.now()
      assert.ok(isJpeg((await snapshot(camera)).bytes))
      assert.ok(performance.now() - begun >= 145)
    },
  ],
  'snapshot-frozen': [
    undefined,
    async (camera) => {
      const { bytes } = await snapshot(camera)
      const begun = performance.now()
      while (performance.now() - begun < 1200) await new Promise((resolve) => setTimeout(resolve, 100))
      assert.ok((await snapshot(camera)).bytes.equals(bytes))
    },
  ],
} satisfies Record<keyof typeof MEDIA_FAULTS, Effect>)
