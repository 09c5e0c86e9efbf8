import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { isSound, type StreamUnit } from './access-unit.ts'
import { openStream, type StreamOptions } from './client.ts'
import type { RtspStream } from './stream.ts'
import {
  type Asked,
  packetizer,
  rtpFrame,
  type ScriptedCamera,
  SDP,
  scriptedCamera,
  slice,
  until,
  withLength,
} from './testing.ts'

const WITH_SOUND = `${SDP}m=audio 0 RTP/AVP 0\r\na=control:trackID=2\r\n`

const open = (camera: ScriptedCamera, wishes: Partial<StreamOptions> = {}) =>
  openStream({
    uri: camera.uri,
    credential: undefined,
    signal: new AbortController().signal,
    clock: systemClock,
    ...wishes,
  })

async function take(stream: RtspStream, count: number): Promise<StreamUnit[]> {
  const units: StreamUnit[] = []
  for await (const unit of stream) if (units.push(unit) === count) break
  return units
}

/** A packet of PCMU in the channel of the second track. */
function soundFrame(sequence: number): Buffer {
  const frame = rtpFrame({ sequence, timestamp: sequence * 160, payload: Buffer.alloc(160, sequence) })
  frame[1] = 2
  frame[5] = 0
  return frame
}

/** Without the four bytes that stand before a packet in the RTSP connection. */
const datagramsOf = (frames: readonly Buffer[]) => frames.map((frame) => frame.subarray(4))

/** The client's ports as a SETUP asks for them. */
const portsIn = (asked: Asked | undefined) =>
  (/client_port=(\d+)-(\d+)/.exec(asked?.headers.get('transport') ?? '') ?? []).slice(1).map(Number)

/** A camera that refuses its packets in the RTSP connection, and the UDP socket that it sends them from. */
async function udpCamera() {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  const camera = await scriptedCamera(({ method, headers }) => {
    if (method !== 'SETUP') return undefined
    const transport = headers.get('transport') ?? ''
    if (transport.includes('TCP')) return { status: '461 Unsupported Transport' }
    return { headers: [`Transport: ${transport};server_port=${port - 1}-${port}`, 'Session: 1;timeout=60'] }
  })
  return {
    camera,
    socket,
    async [Symbol.asyncDispose]() {
      socket.close()
      await camera[Symbol.asyncDispose]()
    },
  }
}

async function send(socket: Socket, port: number, datagrams: readonly Buffer[]): Promise<void> {
  for (const datagram of datagrams) {
    await new Promise((resolve) => socket.send(datagram, port, '127.0.0.1', resolve))
  }
}

describe('sound in a stream', () => {
  const playing = (asked: Asked, camera: ScriptedCamera) => {
    if (asked.method === 'DESCRIBE') return { body: WITH_SOUND }
    if (asked.method === 'SETUP') {
      return { headers: [`Transport: ${asked.headers.get('transport')}`, 'Session: 1;timeout=60'] }
    }
    if (asked.method === 'PLAY') {
      const source = packetizer()
      const pictures = [slice('idr', 0), slice('other', 1)].map((nal) => source.picture([nal]))
      setImmediate(() => camera.send(...(pictures[0] ?? []), soundFrame(1), soundFrame(2), ...(pictures[1] ?? [])))
    }
    return undefined
  }

  it('comes between the pictures, on their clock, where it is asked for', async () => {
    await using camera = await scriptedCamera(playing)
    const units = await take(await open(camera, { sound: true }), 4)
    const sounds = units.filter(isSound)
    assert.deepEqual(units.map(isSound), [false, true, true, false])
    assert.deepEqual(
      sounds.map(({ data, samples, format }) => [data[0], samples, format.codec]),
      [
        [1, 160, 'pcmu'],
        [2, 160, 'pcmu'],
      ],
    )
    assert.equal((sounds[1]?.ticks ?? 0) - (sounds[0]?.ticks ?? 0), 1800, 'twenty milliseconds')
    const setUps = camera.asked.filter(({ method }) => method === 'SETUP')
    assert.deepEqual(
      setUps.map(({ uri, headers }) => [uri.split('/').at(-1), headers.get('session')]),
      [
        ['trackID=1', undefined],
        ['trackID=2', '1'],
      ],
    )
  })

  it('is not set up unless asked for', async () => {
    await using camera = await scriptedCamera(playing)
    const units = await take(await open(camera), 2)
    assert.deepEqual(units.map(isSound), [false, false])
    assert.equal(camera.methods.filter((method) => method === 'SETUP').length, 1)
  })

  it('that a camera refuses leaves the pictures alone', async () => {
    await using camera = await scriptedCamera((asked, itself) =>
      asked.method === 'SETUP' && asked.uri.endsWith('2') ? { status: '404 Not Found' } : playing(asked, itself),
    )
    const units = await take(await open(camera, { sound: true }), 2)
    assert.deepEqual(units.map(isSound), [false, false])
  })
})

describe('a stream over UDP', () => {
  it('is taken where the camera refuses the RTSP connection, and reported on', async () => {
    await using udp = await udpCamera()
    const { camera, socket } = udp
    const stream = await open(camera)
    const [port = 0] = portsIn(camera.asked.findLast(({ method }) => method === 'SETUP'))
    assert.equal(port % 2, 0)
    const source = packetizer()
    const nals = [slice('idr', 0, 5000), slice('other', 1)]
    const [first = [], second = []] = nals.map((nal) => source.picture([nal], 1000))
    // The last packet of the first picture comes behind the second picture.
    const datagrams = datagramsOf([...first.slice(0, -1), ...second, ...first.slice(-1)])
    await send(socket, port, datagrams)
    const units = await take(stream, 2)
    assert.deepEqual(
      units.map(({ data }) => Buffer.from(data)),
      nals.map((nal) => withLength(nal)),
    )
    assert.deepEqual(stream.counts.gaps, 0)
  })

  it('is asked for at once where that is configured, and not at all where only TCP is', async () => {
    await using udp = await udpCamera()
    ;(await open(udp.camera, { transport: 'udp' })).close()
    const asked = udp.camera.asked.filter(({ method }) => method === 'SETUP')
    assert.deepEqual(asked.map(({ headers }) => headers.get('transport')?.includes('TCP')), [false]) // biome-ignore format: short
    await assert.rejects(open(udp.camera, { transport: 'tcp' }), { kind: 'unsupported' })
  })

  it('hears the camera alone', async () => {
    await using udp = await udpCamera()
    const stream = await open(udp.camera, { transport: 'udp' })
    const [port = 0] = portsIn(udp.camera.asked.findLast(({ method }) => method === 'SETUP'))
    const stranger = createSocket('udp4')
    stranger.bind(0, '127.0.0.2')
    await once(stranger, 'listening')
    const source = packetizer()
    await send(stranger, port, datagramsOf(source.picture([slice('idr', 66)])))
    stranger.close()
    await send(udp.socket, port, datagramsOf(source.picture([slice('idr', 7)])))
    const [unit] = await take(stream, 1)
    assert.deepEqual(Buffer.from(unit?.data ?? []), withLength(slice('idr', 7)))
    assert.equal(stream.counts.bytes, 12 + 32)
  })

  it('ends when the camera says goodbye, and frees its ports', async () => {
    await using udp = await udpCamera()
    const stream = await open(udp.camera)
    const [, port = 0] = portsIn(udp.camera.asked.findLast(({ method }) => method === 'SETUP'))
    const goodbye = Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 7])
    const reading = assert.rejects(take(stream, 1), { kind: 'unreachable', message: /ended the stream/ })
    await send(udp.socket, port, [goodbye])
    await reading
    await until(() => udp.camera.open === 0, 'the socket is closed')
    const again = createSocket('udp4')
    again.bind(port, '127.0.0.1')
    await once(again, 'listening')
    again.close()
  })
})
