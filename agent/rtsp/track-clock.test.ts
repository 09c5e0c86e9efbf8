import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Synchronizer, TrackClock } from './track-clock.ts'

/** A picture's clock that began at this RTP time, and a sound's. */
function tracks(videoRtp: number) {
  const video = new TrackClock(90_000)
  const sound = new TrackClock(8000)
  const synchronizer = new Synchronizer(video, sound)
  video.ticks(videoRtp, 1000)
  return {
    video,
    sound,
    /** Where a sound that comes at that time is heard, in ms of the pictures. */
    heardAt: (rtp: number, nowMs: number) => synchronizer.toVideo(sound.ticks(rtp, nowMs), nowMs) / 90,
  }
}

const report = (clockMs: number, rtp: number) => ({ clockMs, rtp, ntpMiddle: 0 })

describe('sound beside pictures', () => {
  it('is placed by when its packets come, where the camera says nothing', () => {
    const { heardAt } = tracks(5000)
    assert.equal(heardAt(700, 1040), 40)
    assert.equal(heardAt(700 + 160, 1090), 60, 'later by its own clock, not by the jitter of its packets')
  })

  it('is placed by RTP-Info, and by reports as soon as both tracks have one', () => {
    const { video, sound, heardAt } = tracks(4_294_967_290)
    video.begin(4_294_967_290)
    sound.begin(0)
    assert.equal(heardAt(160, 1300), 20)
    video.report(report(500_000, 4_294_967_290 + 9000 - 2 ** 32))
    assert.equal(heardAt(320, 1320), 40, 'one report says nothing')
    sound.report(report(500_050, 800))
    assert.equal(heardAt(800, 1330), 150)
    assert.equal(heardAt(960, 1400), 170)
  })

  it('takes no report for true that would tear them apart', () => {
    const { video, sound, heardAt } = tracks(0)
    video.report(report(500_000, 0))
    sound.report(report(560_000, 0))
    assert.equal(heardAt(0, 1020), 20)
    video.begin(0x8000_0000)
    sound.begin(0)
    assert.equal(heardAt(160, 1040), 40)
  })

  it('follows reports as the clocks drift', () => {
    const { video, sound, heardAt } = tracks(0)
    video.report(report(0, 0))
    sound.report(report(0, 0))
    assert.equal(heardAt(8000, 2000), 1000)
    video.ticks(90_000, 2000)
    video.report(report(1000, 90_000))
    sound.report(report(1010, 8000))
    assert.equal(heardAt(8000 + 80, 2020), 1020)
  })
})
