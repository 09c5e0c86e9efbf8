import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import { DeviceGate } from '../onvif/gate.ts'
import { packetizer, type ScriptedCamera, scriptedCamera, slice, until } from '../rtsp/testing.ts'
import { CLIP_SETTINGS } from './cutter.ts'
import { type LiveAccess, LiveStreams, type LiveWatcher } from './live-streams.ts'
import { CameraRecorder } from './recorder.ts'
import { CAMERA, testOwner } from './testing.ts'

function accessTo(camera: ScriptedCamera, gate = new DeviceGate(systemClock)): LiveAccess {
  const uri = async (name: string) => new URL(`rtsp://camera.invalid:${camera.uri.port}/${name}`)
  return {
    camera: CAMERA,
    address: '127.0.0.1',
    streamUri: () => uri('main'),
    snapshotUri: () => Promise.reject(new Error('not asked for')),
    liveWay: (quality) => ({
      token: quality,
      isMain: quality === 'one',
      uri: () => uri(quality === 'one' ? 'main' : 'sub'),
    }),
    credential: undefined,
    gate,
  }
}

/** A camera that sends a picture every 10 ms while it plays, a keyframe every fifth. */
async function filming(t: TestContext): Promise<ScriptedCamera> {
  const camera = await scriptedCamera()
  const source = packetizer(100)
  let number = 0
  const timer = setInterval(() => {
    if (camera.open === 0 || camera.methods.lastIndexOf('PLAY') < camera.methods.lastIndexOf('DESCRIBE')) return
    camera.send(...source.picture([slice(number % 5 === 0 ? 'idr' : 'other', number, 600)]))
    number += 1
  }, 10)
  t.after(async () => {
    clearInterval(timer)
    await camera[Symbol.asyncDispose]()
  })
  return camera
}

function watching(t: TestContext, recorderOf: () => CameraRecorder | undefined = () => undefined) {
  const owner = testOwner()
  const stop = new AbortController()
  const troubles: unknown[] = []
  const streams = new LiveStreams({
    recorderOf,
    refuses: () => false,
    onTrouble: (_, __, error) => troubles.push(error),
    clock: systemClock,
    random: () => 0,
    signal: stop.signal,
    reconnect: { firstDelayMs: 5, delayMsMax: 20, steadyAfterMs: 1000 },
  })
  t.after(() => {
    stop.abort()
    owner[Symbol.dispose]()
  })
  return { owner, streams, troubles, stop }
}

function watcher() {
  const types: string[] = []
  const told: { readonly error: unknown; readonly final: boolean }[] = []
  const seen: LiveWatcher = {
    onPiece: ({ type }) => types.push(type),
    onTrouble: (error, final) => told.push({ error, final }),
  }
  return { ...seen, types, told }
}

const paths = (camera: ScriptedCamera) =>
  camera.asked.filter(({ method }) => method === 'DESCRIBE').map(({ uri }) => new URL(uri).pathname)

describe('streams that are watched', () => {
  it('are played once for all who watch, and torn down after the last', async (t) => {
    const camera = await filming(t)
    const { owner, streams } = watching(t)
    owner.allow('live')
    const [one, two] = [watcher(), watcher()]
    const access = accessTo(camera)
    const first = streams.watch(owner.grant('live'), access, 'grid', one)
    const second = streams.watch(owner.grant('live'), access, 'grid', two)
    await until(() => one.types.length > 12 && two.types.length > 12, 'it does not come to this')
    assert.deepEqual(one.types.slice(0, 2), ['init', 'key'])
    assert.equal(camera.connections, 1)
    first[Symbol.dispose]()
    const before = two.types.length
    await until(() => two.types.length > before + 5, 'it does not come to this')
    second[Symbol.dispose]()
    await until(() => camera.open === 0, 'it does not come to this')
    assert.equal(camera.methods.at(-1), 'TEARDOWN')
  })

  it('are opened for nobody without a grant for live view, and closed when it ends', async (t) => {
    const camera = await filming(t)
    const { owner, streams } = watching(t)
    owner.allow('clip')
    assert.throws(() => streams.watch(owner.grant('clip'), accessTo(camera), 'one', watcher()), { kind: 'refused' })
    assert.equal(camera.connections, 0)
    owner.allow('live')
    const seen = watcher()
    streams.watch(owner.grant('live'), accessTo(camera), 'one', seen)
    await until(() => seen.types.length > 3, 'it does not come to this')
    owner.allow()
    const count = seen.types.length
    await until(() => camera.open === 0, 'it does not come to this')
    assert.equal(seen.types.length, count)
  })

  it('are as large as anybody wants, one at a time, and small again when they do not', async (t) => {
    const camera = await filming(t)
    const { owner, streams } = watching(t)
    owner.allow('live')
    const access = accessTo(camera)
    const [small, large] = [watcher(), watcher()]
    streams.watch(owner.grant('live'), access, 'grid', small)
    await until(() => small.types.length > 3, 'it does not come to this')
    const one = streams.watch(owner.grant('live'), access, 'one', large)
    await until(() => large.types.length > 3, 'it does not come to this')
    one[Symbol.dispose]()
    await until(() => paths(camera).length === 3, 'it does not come to this')
    assert.deepEqual(paths(camera), ['/sub', '/main', '/sub'])
    await until(() => camera.open === 1, 'it does not come to this')
  })

  it('are those of the recorder, where it records; and its own where it does not any more', async (t) => {
    const camera = await filming(t)
    let recorder: CameraRecorder | undefined
    const { owner, streams, stop } = watching(t, () => recorder)
    owner.allow('clip', 'live')
    const access = accessTo(camera)
    const recording = new AbortController()
    recorder = new CameraRecorder(owner.grant('clip'), access, {
      folder: owner.folder,
      settings: CLIP_SETTINGS,
      clock: systemClock,
      random: () => 0,
      signal: AbortSignal.any([recording.signal, stop.signal]),
      onItem: () => {},
      onTrouble: () => {},
    })
    const running = recorder.run()
    const seen = watcher()
    using _ = streams.watch(owner.grant('live'), access, 'grid', seen)
    await until(() => seen.types.length > 12, 'it does not come to this')
    assert.deepEqual(seen.types.slice(0, 2), ['init', 'key'])
    assert.deepEqual([camera.connections, paths(camera)], [1, ['/main']])
    recorder = undefined
    recording.abort()
    await running
    const before = seen.types.length
    await until(() => seen.types.length > before + 3, 'it does not come to this')
    assert.deepEqual(paths(camera), ['/main', '/sub'])
  })

  it('are tried again, and who watches hears why nothing comes', async (t) => {
    const camera = await filming(t)
    const { owner, streams } = watching(t)
    owner.allow('live')
    let calls = 0
    const seen = watcher()
    const access = accessTo(camera)
    const liveWay: LiveAccess['liveWay'] = (quality) => ({
      ...access.liveWay(quality),
      uri: (signal) => {
        calls += 1
        if (calls === 1) throw new LenscapError('unreachable', 'asleep')
        return access.liveWay(quality).uri(signal)
      },
    })
    streams.watch(owner.grant('live'), { ...access, liveWay }, 'one', seen)
    await until(() => seen.types.length > 3, 'it does not come to this')
    assert.deepEqual(
      seen.told.map(({ final }) => final),
      [false],
    )
  })
})
