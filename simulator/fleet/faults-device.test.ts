import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { DEVICE_FAULTS } from '../faults/catalogue/device.ts'
import { type Effect, INFORMATION, statusOf, testFaults } from './fault-effects.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { ask, datagrams, PROBE, serviceUrl, until } from './one-camera.testing.ts'
import { ownNet } from './own-net.testing.ts'
import { TDS, textOf } from './soap-client.testing.ts'

const net = await ownNet()

const isGone = (camera: SimulatedCamera) =>
  assert.rejects(statusOf(camera), (error: Error) => /ECONNREFUSED/.test(String(error.cause)))
const serialOf = async (camera: SimulatedCamera) => textOf((await ask(camera, INFORMATION)).text, 'SerialNumber')
const interfaces = async (camera: SimulatedCamera) => (await ask(camera, `<GetNetworkInterfaces xmlns="${TDS}"/>`)).text

/** What a camera tells the discovery group with its Hello; undefined where this host has no group. */
async function saidInGroup(camera: SimulatedCamera): Promise<string | undefined> {
  const listener = createSocket({ type: 'udp4', reuseAddr: true })
  listener.bind(camera.discoveryPort, '239.255.255.250')
  await once(listener, 'listening')
  try {
    listener.addMembership('239.255.255.250', camera.address)
  } catch {
    listener.close()
    return undefined
  }
  const heard = once(listener, 'message', { signal: AbortSignal.timeout(700) })
  camera.responder?.sayHello()
  const [datagram] = await heard.catch(() => [''])
  listener.close()
  return String(datagram)
}

testFaults(net(9), {
  'power-cut': [
    undefined,
    async (camera) => {
      await isGone(camera)
      assert.deepEqual(await datagrams(camera, PROBE, 1, 80), [])
    },
  ],
  rebooting: [
    0.05,
    async (camera) => {
      assert.equal((await ask(camera, INFORMATION)).status, 200, 'it has come back')
      await until(() => camera.faults.length === 0)
      camera.setFault('rebooting', 0.1)
      await until(() => !camera.isOn)
      await until(() => camera.isOn)
    },
  ],
  'reboot-loop': [
    0.1,
    async (camera) => {
      camera.setFault('slow-boot', 0.05)
      for (let i = 0; i < 2; i++) {
        await until(() => !camera.isOn)
        await until(() => camera.isOn)
      }
      camera.clearFault('slow-boot')
    },
  ],
  'slow-boot': [
    0.2,
    async (camera) => {
      const begun = performance.now()
      await camera.reboot()
      const tookMs = performance.now() - begun
      assert.ok(tookMs >= 195, `${tookMs} ms`)
    },
  ],
  moved: [
    2,
    async (camera) => {
      assert.equal(camera.address, net(11))
      assert.equal(textOf((await datagrams(camera, PROBE))[0] ?? '', 'XAddrs'), serviceUrl(camera))
      await assert.rejects(fetch(`http://${net(9)}:${camera.httpPort}/`))
    },
  ],
  swapped: [
    undefined,
    async (camera) => {
      const serial = await serialOf(camera)
      assert.equal(serial, camera.truth.serial)
      camera.clearFault('swapped')
      await camera.settled()
      assert.notEqual(await serialOf(camera), serial)
    },
  ],
  'no-hello': [
    undefined,
    async (camera) => {
      const said = await saidInGroup(camera)
      assert.ok(said === undefined || said === '', said)
      camera.clearFault('no-hello')
      assert.match((await saidInGroup(camera)) ?? 'Hello', /Hello/)
    },
  ],
  'serial-shared': [undefined, async (camera) => assert.equal(await serialOf(camera), 'ABCDEFG0123456789')],
  'mac-shared': [
    undefined,
    async (camera) => assert.equal(textOf(await interfaces(camera), 'HwAddress'), '02:00:00:00:00:01'),
  ],
  'mac-missing': [undefined, async (camera) => assert.doesNotMatch(await interfaces(camera), /HwAddress/)],
  'endpoint-reference-empty': [
    undefined,
    async (camera) => {
      const { text } = await ask(camera, `<GetEndpointReference xmlns="${TDS}"/>`)
      assert.match(text, /<tds:GetEndpointReferenceResponse><\/tds:GetEndpointReferenceResponse>/)
    },
  ],
  'no-get-services': [
    undefined,
    async (camera) => {
      assert.match((await ask(camera, `<GetServices xmlns="${TDS}"/>`)).text, /ter:ActionNotSupported/)
      assert.equal((await ask(camera, `<GetCapabilities xmlns="${TDS}"/>`)).status, 200)
    },
  ],
} satisfies Record<keyof typeof DEVICE_FAULTS, Effect>)
