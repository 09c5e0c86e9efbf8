import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { PROFILE_NAMES } from '../profiles/catalogue.ts'
import { startFleet } from './index.ts'

const CAMERAS = 200
const GROUP = '239.255.255.250'
const MAIN = new URL('../cli/main.ts', import.meta.url).pathname

const PROBE =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>' +
  '<a:MessageID>urn:uuid:200</a:MessageID></s:Header><s:Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"/></s:Body></s:Envelope>'

/** A port that nobody has, so that no other fleet on this machine hears the probe. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

function startMany(discoveryPort: number) {
  const names = PROFILE_NAMES
  return startFleet({
    cameras: Array.from({ length: CAMERAS }, (_, i) => ({ profile: names[i % names.length] ?? 'plain' })),
    firstAddress: '127.95.1.1',
    httpPort: 0,
    rtspPort: 0,
    discoveryPort,
  })
}

test('two hundred cameras of all brands are found by one probe, none twice', async () => {
  await using fleet = await startMany(await freeUdpPort())
  assert.equal(fleet.multicast, 'joined')
  const heard: string[] = []
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const all = new Promise<void>((resolve) => {
    socket.on('message', (datagram) => {
      heard.push(/urn:uuid:[^<]+(?=<\/a:Address>)/.exec(String(datagram))?.[0] ?? '')
      if (heard.length === CAMERAS) resolve()
    })
  })
  socket.setMulticastInterface('127.0.0.1')
  const [first] = fleet.cameras
  socket.send(PROBE, first?.discoveryPort ?? 0, GROUP)
  await Promise.race([all, once(socket, 'nothing', { signal: AbortSignal.timeout(10_000) }).catch(() => {})])
  socket.close()
  assert.deepEqual(heard.toSorted(), fleet.cameras.map((camera) => camera.truth.endpoint).toSorted())
})

test('a large fleet that has stopped leaves no socket and no timer', async () => {
  const left = () => process.getActiveResourcesInfo().filter((kind) => /TCP|UDP|Timeout/.test(kind))
  const files = () => readdirSync('/proc/self/fd').length
  await using fleet = await startMany(await freeUdpPort())
  assert.ok(files() > CAMERAS * 3)
  await fleet[Symbol.asyncDispose]()
  const deadline = AbortSignal.timeout(5000)
  while (left().length > 0 && !deadline.aborted) await nextTurn()
  assert.deepEqual(left(), [])
  assert.ok(files() < 100)
})

test('too low a limit of open files is one sentence that says how to raise it', async () => {
  const script = `ulimit -n 200 && exec "${process.execPath}" "${MAIN}" run --cameras 30`
  await assert.rejects(promisify(execFile)('sh', ['-c', script]), ({ code, stderr }) => {
    assert.equal(code, 1)
    assert.equal(
      stderr,
      '30 cameras need up to 220 open files and this process may have 200: as root, raise the limit with "ulimit -n 220" ' +
        '(a service: LimitNOFILE=220), or start at most 25.\n',
    )
    return true
  })
})
