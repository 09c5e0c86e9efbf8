import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { DeviceGate } from '../onvif/gate.ts'
import { type Answer, packetizer, type ScriptedCamera, scriptedCamera, slice } from '../rtsp/testing.ts'
import { CLIP_SETTINGS } from './cutter.ts'
import { CameraRecorder, type RecorderDeps } from './recorder.ts'
import { CAMERA, type TestOwner, testOwner } from './testing.ts'

async function until(holds: () => boolean, what: string): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + 30_000
  while (!holds()) {
    if (systemClock.monotonicMs() > deadlineMs) throw new Error(`Waited in vain: ${what}`)
    await systemClock.sleep(5)
  }
}

function record(owner: TestOwner, camera: ScriptedCamera, others: Partial<RecorderDeps> = {}) {
  const troubles: unknown[] = []
  /** Why no picture came, and nothing for those that came. */
  const missed: unknown[] = []
  const stop = new AbortController()
  const access = {
    camera: CAMERA,
    address: '127.0.0.1',
    streamUri: async () => camera.uri,
    snapshotUri: () => Promise.reject(new Error('not asked for')),
    credential: undefined,
    gate: new DeviceGate(systemClock),
  }
  const recorder = new CameraRecorder(owner.grant('clip'), access, {
    folder: owner.folder,
    settings: { ...CLIP_SETTINGS, preRollMs: 100, postRollMs: 150 },
    clock: systemClock,
    random: () => 0,
    signal: stop.signal,
    onItem: () => {},
    onTrouble: (error) => troubles.push(error),
    onStream: (why) => missed.push(why),
    reconnect: { firstDelayMs: 5, delayMsMax: 20, steadyAfterMs: 1000 },
    ...others,
  })
  return { recorder, troubles, missed, stop, running: recorder.run() }
}

/** Sends a picture every 10 ms once it plays, until disposed. */
function filming(camera: ScriptedCamera, kind: 'idr' | 'other') {
  const source = packetizer(100)
  const film = { kind, sent: 0 }
  const timer = setInterval(() => {
    if (camera.open === 0 || !camera.methods.includes('PLAY')) return
    camera.send(...source.picture([slice(film.kind, 1, 600)]))
    film.sent += 1
  }, 10)
  return Object.assign(film, { [Symbol.dispose]: () => clearInterval(timer) })
}

describe('a picture that does not come', () => {
  it('is missed with the reason once two tries brought none, until it comes', async () => {
    using owner = testOwner()
    owner.allow('clip')
    const camera = { isLost: true }
    const lost: Answer = { status: '404 Not Found' }
    await using stream = await scriptedCamera(({ method }) => {
      return method === 'DESCRIBE' && camera.isLost ? lost : undefined
    })
    using _ = filming(stream, 'idr')
    const { troubles, missed, stop, running } = record(owner, stream)
    await until(() => missed.length > 0, 'it is missed')
    assert.ok(troubles.length >= 2)
    assert.match(String(missed[0]), /404 Not Found/)
    camera.isLost = false
    await until(() => missed.at(-1) === undefined, 'it is there again')
    stop.abort()
    await running
  })

  it('is missed where a stream brings none that a clip can begin with', async () => {
    using owner = testOwner()
    owner.allow('clip')
    await using camera = await scriptedCamera()
    using film = filming(camera, 'other')
    const { recorder, missed, stop, running } = record(owner, camera)
    await until(() => camera.methods.includes('PLAY'), 'PLAY')
    recorder.trigger('motion', Date.now())
    await until(() => missed.length > 0, 'it is missed')
    assert.match(String(missed[0]), /no picture came/)
    film.kind = 'idr'
    await until(() => missed.at(-1) === undefined, 'it is there')
    stop.abort()
    await running
  })
})

describe('a camera that breaks off again and again', () => {
  it('is asked again soon each time where it had played, without a word of a picture that does not come', async () => {
    using owner = testOwner()
    owner.allow('clip')
    await using camera = await scriptedCamera()
    using film = filming(camera, 'idr')
    // Its time is a thousand times as quick; the delays themselves are real.
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() * 1000 }
    const reconnect = { firstDelayMs: 5, delayMsMax: 3_600_000, steadyAfterMs: Number.POSITIVE_INFINITY }
    const { troubles, missed, stop, running } = record(owner, camera, {
      ...{ clock, reconnect },
      stream: { readEveryMs: 0 },
      streamLimits: { stallMs: 2_000_000_000 },
    })
    // Delays that double would not let it come to this within an hour.
    for (let cuts = 0; cuts < 20; cuts += 1) {
      await until(() => missed.length > cuts, 'it plays')
      const { sent } = film
      await until(() => film.sent > sent + 3, 'it has played')
      camera.hangUp()
      await until(() => troubles.length > cuts, 'it is told')
    }
    assert.deepEqual(new Set(missed), new Set([undefined]))
    stop.abort()
    await running
  })
})
