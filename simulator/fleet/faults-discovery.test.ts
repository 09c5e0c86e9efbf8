import assert from 'node:assert/strict'
import type { DISCOVERY_FAULTS } from '../faults/catalogue/discovery.ts'
import { type Effect, testFaults } from './fault-effects.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { datagrams, PROBE, resolveFor, serviceUrl } from './one-camera.testing.ts'
import { ownNet } from './own-net.testing.ts'
import { textOf } from './soap-client.testing.ts'

const net = await ownNet()

const answer = async (camera: SimulatedCamera) => (await datagrams(camera, PROBE))[0] ?? ''
const xaddrs = async (camera: SimulatedCamera) => textOf(await answer(camera), 'XAddrs')

const lacking = (pattern: RegExp): Effect => [
  undefined,
  async (camera) => {
    const text = await answer(camera)
    assert.match(text, /ProbeMatches/)
    assert.doesNotMatch(text, pattern)
  },
]
const pointing = (pattern: RegExp): Effect => [undefined, async (camera) => assert.match(await xaddrs(camera), pattern)]

testFaults(net(1), {
  'discovery-silent': [undefined, async (camera) => assert.deepEqual(await datagrams(camera, PROBE, 1, 150), [])],
  'discovery-late': [
    200,
    async (camera) => {
      const begun = performance.now()
      assert.match(await answer(camera), /ProbeMatches/)
      assert.ok(performance.now() - begun >= 195)
    },
  ],
  'discovery-duplicate': [
    4,
    async (camera) => {
      const heard = await datagrams(camera, PROBE, 4)
      assert.equal(heard.length, 4)
      assert.equal(new Set(heard).size, 1)
    },
  ],
  'discovery-garbage': [undefined, async (camera) => assert.doesNotMatch(await answer(camera), /Envelope/)],
  'discovery-empty': lacking(/<d:ProbeMatch>/),
  'discovery-several': [
    5,
    async (camera) => {
      const text = await answer(camera)
      assert.equal(text.split('<d:ProbeMatch>').length, 6)
      assert.equal(new Set(text.match(/urn:uuid:[^<]+<\/a:Address>/g)).size, 5)
    },
  ],
  'discovery-huge': [40, async (camera) => assert.ok((await answer(camera)).length > 40_000)],
  'discovery-truncated': lacking(/<\/s:Envelope>/),
  'discovery-undeclared-prefix': [
    undefined,
    async (camera) => {
      const text = await answer(camera)
      assert.match(text, /<wsadis:EndpointReference>/)
      assert.doesNotMatch(text, /xmlns:wsadis/)
    },
  ],
  'discovery-unrelated': lacking(/RelatesTo>urn:uuid:42</),
  'discovery-no-scopes': lacking(/Scopes/),
  'discovery-no-types': lacking(/Types>/),
  'discovery-no-xaddrs': lacking(/XAddrs/),
  'xaddr-wrong-host': pointing(/^http:\/\/192\.0\.2\.1:\d+\/onvif/),
  'xaddr-zero': pointing(/^http:\/\/0\.0\.0\.0:\d+\/onvif/),
  'xaddr-wrong-port': pointing(/^http:\/\/127\.\d+\.\d+\.1:9\/onvif/),
  'xaddr-newlines': pointing(/^\nhttp:\/\/127\.\d+\.\d+\.1:\d+\S+\nhttp:\/\/192/),
  'xaddr-ipv6-first': [
    undefined,
    async (camera) => assert.equal(await xaddrs(camera), `http://[fe80::1]/onvif/device_service ${serviceUrl(camera)}`),
  ],
  'xaddr-https': pointing(/^https:\/\/127\.\d+\.\d+\.1/),
  'endpoint-missing': lacking(/EndpointReference/),
  'endpoint-changing': [
    undefined,
    async (camera) => {
      assert.notEqual(textOf(await answer(camera), 'Address'), textOf(await answer(camera), 'Address'))
      assert.equal((await datagrams(camera, resolveFor(camera.truth.endpoint))).length, 1, 'it knows its own still')
    },
  ],
} satisfies Record<keyof typeof DISCOVERY_FAULTS, Effect>)
