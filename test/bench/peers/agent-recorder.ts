import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../agent/base/clock.ts'
import { CLIP_SETTINGS } from '../../../agent/media/cutter.ts'
import { CameraRecorder } from '../../../agent/media/recorder.ts'
import { CAMERA, testOwner } from '../../../agent/media/testing.ts'
import { DeviceGate } from '../../../agent/onvif/gate.ts'

const ANNOUNCE_EVERY_MS = 1000
/** Longer than anyone measures: what a grant allowed is deleted when it ends. */
const GRANT_MS = 24 * 3_600_000
const GRACE_MS_MAX = 12_000

/**
 * Records streams without an end by the agent's rooms, with sound, as it does under a grant while something happens all
 * the time: the ring runs and clips of a minute follow one another. Arguments: the folder for the clips, then addresses
 * like `127.80.0.1:8554`. Says "recording" when all play; ends at SIGINT, with the clips that are under way.
 */
const [folder = '', ...places] = process.argv.slice(2)
const stop = new AbortController()
using owner = testOwner(() => {}, GRANT_MS)
owner.allow('clip')
const flowing = new Set<string>()
const recorders = places.map((place, i) => {
  const [address = '', port = ''] = place.split(':')
  let clips = 0
  const access = {
    camera: CAMERA,
    address,
    streamUri: async () => new URL(`rtsp://${address}:${port}/stream/1`),
    snapshotUri: () => Promise.reject(new Error('Not asked for')),
    credential: undefined,
    gate: new DeviceGate(systemClock),
  }
  return new CameraRecorder(owner.grant('clip'), access, {
    folder: owner.folder,
    settings: CLIP_SETTINGS,
    stream: { sound: true },
    clock: systemClock,
    random: Math.random,
    signal: stop.signal,
    onItem: ({ path }) => {
      clips += 1
      renameSync(path, join(folder, `${i}-${String(clips).padStart(4, '0')}.mp4`))
    },
    onTrouble: (error) => process.stderr.write(`${error}\n`),
    onStream: (why) => {
      if (why !== undefined) return
      const before = flowing.size
      if (flowing.add(place).size > before && flowing.size === places.length) process.stdout.write('recording\n')
    },
  })
})
const running = recorders.map((recorder) => recorder.run())
const happening = setInterval(() => {
  for (const recorder of recorders) recorder.trigger('motion', systemClock.nowMs())
}, ANNOUNCE_EVERY_MS)
process.once('SIGINT', () => {
  clearInterval(happening)
  stop.abort()
  setTimeout(() => process.exit(1), GRACE_MS_MAX).unref()
})
await Promise.all(running)
