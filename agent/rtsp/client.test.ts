import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { type AccessUnit, isSound, type StreamUnit } from './access-unit.ts'
import { openStream, type StreamLimits } from './client.ts'
import {
  type Answer,
  type Asked,
  packetizer,
  type ScriptedCamera,
  SDP,
  scriptedCamera,
  sdpOf,
  slice,
  until,
  withLength,
} from './testing.ts'

const credential = { username: 'admin', password: new Secret('correct horse') }

const open = (camera: ScriptedCamera, limits: Partial<StreamLimits> = {}, signal = new AbortController().signal) =>
  openStream({ uri: camera.uri, credential, signal, clock: systemClock, limits })

const challenge: Answer = {
  status: '401 Unauthorized',
  headers: ['WWW-Authenticate: Digest realm="cam", nonce="n1"', 'WWW-Authenticate: Basic realm="cam"'],
}

/** Sends these pictures once PLAY is asked, behind its answer. */
const playing = (frames: readonly Buffer[]) => (asked: Asked, camera: ScriptedCamera) => {
  if (asked.method === 'PLAY') setImmediate(() => camera.send(...frames))
  return undefined
}

async function take(stream: AsyncIterable<StreamUnit>, count: number): Promise<AccessUnit[]> {
  const units: AccessUnit[] = []
  for await (const unit of stream) if (!isSound(unit) && units.push(unit) === count) break
  return units
}

describe('openStream', () => {
  it('plays a camera, gives its pictures as they were sent, and says goodbye', async () => {
    const source = packetizer()
    const nals = [slice('idr', 0, 70_000), slice('other', 1, 3000), slice('other', 2)]
    await using camera = await scriptedCamera(playing(nals.flatMap((nal) => source.picture([nal]))))
    const stream = await open(camera)
    const units = await take(stream, 3)
    assert.deepEqual(
      units.map(({ data }) => Buffer.from(data)),
      nals.map((nal) => withLength(nal)),
    )
    assert.equal(stream.counts.units, 3)
    await until(() => camera.methods.includes('TEARDOWN'), 'TEARDOWN')
    assert.deepEqual(camera.methods, ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN'])
    assert.equal(camera.asked[2]?.uri, `${camera.uri}/trackID=1`)
    assert.equal(camera.asked[3]?.headers.get('session'), '12345678')
    await until(() => camera.open === 0, 'the socket is closed')
  })

  it('answers Digest once per request, and never shows the password', async () => {
    await using camera = await scriptedCamera(({ headers }) => (headers.has('authorization') ? undefined : challenge))
    const stream = await open(camera)
    stream.close()
    assert.deepEqual(camera.methods.slice(0, 5), ['OPTIONS', 'OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY'])
    for (const { headers } of camera.asked) assert.doesNotMatch(headers.get('authorization') ?? '', /Basic|horse/)
  })

  it('sends a refused credential once and no more', async () => {
    await using camera = await scriptedCamera(() => challenge)
    await assert.rejects(open(camera), { kind: 'refused' })
    assert.equal(camera.asked.filter(({ headers }) => headers.has('authorization')).length, 1)
    await until(() => camera.open === 0, 'the socket is closed')
  })

  it('refuses a camera that offers only Basic, and says why', async () => {
    await using camera = await scriptedCamera(() => ({
      status: '401 Unauthorized',
      headers: ['WWW-Authenticate: Basic realm="cam"'],
    }))
    await assert.rejects(open(camera), { kind: 'unsupported', message: /only Basic/ })
    assert.equal(camera.asked.length, 1)
  })

  it('does not send the user and password that stand in an address', async () => {
    await using camera = await scriptedCamera()
    camera.uri.username = 'root'
    camera.uri.password = 'pass'
    const stream = await open(camera)
    stream.close()
    for (const { uri } of camera.asked) assert.doesNotMatch(uri, /root|pass/)
  })

  it('dials no other host, whatever the camera answers', async () => {
    await using other = await scriptedCamera()
    const body = SDP.replace('trackID=1', `${other.uri}/trackID=1`)
    await using camera = await scriptedCamera(({ method }) =>
      method === 'DESCRIBE' ? { headers: [`Content-Base: ${other.uri}/`], body } : undefined,
    )
    const stream = await open(camera)
    stream.close()
    assert.equal(camera.asked[2]?.uri, `${camera.uri}/trackID=1`)
    assert.equal(camera.asked[3]?.uri, `${camera.uri}/`)
    await using redirecting = await scriptedCamera(() => ({ status: '302 Moved', headers: [`Location: ${other.uri}`] }))
    await assert.rejects(open(redirecting), { kind: 'unsupported' })
    assert.equal(other.connections, 0)
  })

  it('says which codec it does not play', async () => {
    const body = sdpOf('m=video 0 RTP/AVP 98\r\na=rtpmap:98 MP4V-ES/90000\r\n')
    await using camera = await scriptedCamera(({ method }) => (method === 'DESCRIBE' ? { body } : undefined))
    await assert.rejects(open(camera), { kind: 'unsupported', message: /MP4V-ES/ })
  })

  it('gives up on a camera that does not answer', async () => {
    await using camera = await scriptedCamera(({ method }) => (method === 'DESCRIBE' ? 'silence' : undefined))
    await assert.rejects(open(camera, { handshakeMs: 50 }), { kind: 'timeout' })
    await until(() => camera.open === 0, 'the socket is closed')
  })

  it('calls a camera without slots busy, and one that is not there unreachable', async () => {
    await using camera = await scriptedCamera(() => ({ status: '453 Not Enough Bandwidth' }))
    await assert.rejects(open(camera), { kind: 'busy' })
    await camera[Symbol.asyncDispose]()
    await assert.rejects(open(camera), { kind: 'unreachable' })
  })

  it('ends a stream that stalls or is cut off', async () => {
    await using camera = await scriptedCamera()
    await assert.rejects(take(await open(camera, { stallMs: 30 }), 1), (error: { kind?: string; facts?: object }) => {
      assert.equal(error.kind, 'timeout')
      assert.ok(error.facts && 'diagnosis' in error.facts && error.facts.diagnosis === 'STREAM_STALLED')
      return true
    })
    const cut = await open(camera)
    camera.hangUp()
    await assert.rejects(take(cut, 1), { kind: 'unreachable' })
  })

  it('closes at once and ends quietly when its signal fires', async () => {
    await using camera = await scriptedCamera()
    const stop = new AbortController()
    const stream = await open(camera, {}, stop.signal)
    const reading = take(stream, 1)
    stop.abort()
    assert.deepEqual(await reading, [])
    await until(() => camera.open === 0, 'the socket is closed')
    assert.equal(camera.methods.at(-1), 'TEARDOWN')
    await assert.rejects(open(camera, {}, stop.signal))
    assert.equal(camera.connections, 1, 'no socket for a signal that has fired')
  })

  it('stops in the middle of the handshake', async () => {
    await using camera = await scriptedCamera(({ method }) => (method === 'SETUP' ? 'silence' : undefined))
    const stop = new AbortController()
    const opening = assert.rejects(open(camera, {}, stop.signal), { name: 'AbortError' })
    await until(() => camera.methods.includes('SETUP'), 'SETUP')
    stop.abort()
    await opening
    await until(() => camera.open === 0, 'the socket is closed')
  })

  it('keeps the session alive with what the camera offers, at half its timeout', async () => {
    const short: Answer = { headers: ['Transport: RTP/AVP/TCP;interleaved=0-1', 'Session: 1;timeout=1'] }
    await using camera = await scriptedCamera(({ method }) => {
      if (method === 'GET_PARAMETER') return { status: '405 Method Not Allowed' }
      return method === 'SETUP' ? short : undefined
    })
    const stream = await open(camera)
    await until(() => camera.methods.slice(1).includes('OPTIONS'), 'OPTIONS after GET_PARAMETER was refused')
    assert.deepEqual(camera.methods.slice(3), ['PLAY', 'GET_PARAMETER', 'OPTIONS'])
    stream.close()
  })

  it('holds the camera up instead of losing pictures when nobody reads', async () => {
    const source = packetizer()
    const nals = Array.from({ length: 400 }, (_, i) => slice(i % 40 === 0 ? 'idr' : 'other', i, 20_000))
    await using camera = await scriptedCamera(playing(nals.flatMap((nal) => source.picture([nal]))))
    const stream = await open(camera, { queueBytesMax: 100_000 })
    let bytes = -1
    let steady = 0
    await until(() => {
      steady = stream.counts.bytes === bytes ? steady + 1 : 0
      bytes = stream.counts.bytes
      return bytes > 100_000 && steady > 30
    }, 'nothing more comes in')
    assert.ok(bytes < 500_000, 'the rest waits at the camera')
    const units = await take(stream, 400)
    assert.equal(units.length, 400)
    assert.deepEqual(stream.counts.gaps, 0)
  })
})
