import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { CONNECTION_FAULTS } from '../faults/catalogue/connection.ts'
import { type Effect, exchange, INFORMATION, request, statusOf, testFaults } from './fault-effects.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { ask, datagrams, PROBE } from './one-camera.testing.ts'
import { ownNet } from './own-net.testing.ts'

const net = await ownNet()

/** Ends the connections that the tests' own client keeps for later. */
async function alone(camera: SimulatedCamera): Promise<void> {
  camera.setFault('unreachable')
  camera.clearFault('unreachable')
  await new Promise((resolve) => setTimeout(resolve, 20))
}

async function holding(camera: SimulatedCamera, count: number, check: () => Promise<void>): Promise<void> {
  const sockets = Array.from({ length: count }, () => connect(camera.httpPort, camera.address))
  for (const socket of sockets) socket.on('error', () => {})
  try {
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    await check()
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

const bodyOf = (text: string) => text.slice(text.indexOf('\r\n\r\n') + 4)
const closing = (text: string) => text.replace('\r\n', '\r\nConnection: close\r\n')

testFaults(net(2), {
  unreachable: [
    undefined,
    async (camera) => {
      assert.equal((await exchange(camera, request(camera))).text, '')
      assert.deepEqual(await datagrams(camera, PROBE, 1, 100), [])
    },
  ],
  'connection-refused': [
    undefined,
    async (camera) => {
      await assert.rejects(statusOf(camera), (error: Error) => /ECONNREFUSED/.test(String(error.cause)))
      assert.equal((await datagrams(camera, PROBE)).length, 1)
    },
  ],
  'connection-reset': [
    undefined,
    async (camera) => assert.equal((await exchange(camera, request(camera))).ended, 'reset'),
  ],
  'accept-silent': [
    undefined,
    async (camera) => {
      const { text, ended } = await exchange(camera, request(camera), 150)
      assert.deepEqual([text, ended], ['', 'open'])
    },
  ],
  'slow-answers': [
    200,
    async (camera) => {
      const begun = performance.now()
      await ask(camera, INFORMATION)
      assert.ok(performance.now() - begun >= 195)
    },
  ],
  trickle: [
    100,
    async (camera) => {
      const { bytes } = await exchange(camera, request(camera), 450)
      assert.ok(bytes.length > 0 && bytes.length <= 60, `${bytes.length} bytes`)
    },
  ],
  'slow-headers': [
    60,
    async (camera) => {
      assert.doesNotMatch((await exchange(camera, request(camera), 100)).text, /\r\n\r\n/)
      assert.match((await exchange(camera, request(camera), 2000)).text, /\r\n\r\n[\s\S]*<\/env:Envelope>$/)
    },
  ],
  'close-mid-body': [
    undefined,
    async (camera) => {
      const { text, ended } = await exchange(camera, request(camera))
      assert.notEqual(ended, 'open')
      assert.ok(bodyOf(text).length > 0)
      assert.doesNotMatch(text, /<\/env:Envelope>/)
    },
  ],
  'half-then-silent': [
    undefined,
    async (camera) => {
      const { text, ended } = await exchange(camera, request(camera), 150)
      assert.equal(ended, 'open')
      assert.ok(bodyOf(text).length > 0)
      assert.doesNotMatch(text, /<\/env:Envelope>/)
    },
  ],
  'connections-max': [
    2,
    async (camera) => {
      await alone(camera)
      await holding(camera, 2, async () => {
        assert.equal((await exchange(camera, request(camera))).ended, 'reset')
      })
    },
  ],
  'exhausted-401': [
    1,
    async (camera) => {
      await alone(camera)
      assert.match((await exchange(camera, closing(request(camera)))).text, /^HTTP\/1\.1 200/)
      await holding(camera, 1, async () => {
        assert.match((await exchange(camera, request(camera))).text, /^HTTP\/1\.1 401/)
      })
    },
  ],
  'no-keep-alive': [
    undefined,
    async (camera) => {
      const { text, ended } = await exchange(camera, request(camera))
      assert.equal(ended, 'closed')
      assert.doesNotMatch(text, /connection: close/i)
      assert.match(text, /<\/env:Envelope>$/)
    },
  ],
  'busy-503': [undefined, async (camera) => assert.equal((await ask(camera, INFORMATION)).status, 503)],
  'redirect-elsewhere': [undefined, async (camera) => assert.equal(await statusOf(camera), 301)],
  'continue-flood': [
    7,
    async (camera) => {
      const { text } = await exchange(camera, request(camera))
      assert.equal(text.split('HTTP/1.1 102').length, 8)
      assert.match(text, /HTTP\/1\.1 200/)
    },
  ],
  'headers-huge': [
    64,
    async (camera) => {
      const { text } = await exchange(camera, request(camera))
      assert.ok(text.indexOf('\r\n\r\n') > 65_536)
      await assert.rejects(statusOf(camera), 'and a common client gives up')
    },
  ],
  'status-line-garbage': [undefined, async (camera) => assert.rejects(statusOf(camera))],
  'two-answers': [
    undefined,
    async (camera) => assert.equal((await exchange(camera, request(camera))).text.split('HTTP/1.1 200').length, 3),
  ],
} satisfies Record<keyof typeof CONNECTION_FAULTS, Effect>)
