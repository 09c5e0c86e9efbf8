import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Clock, systemClock } from '../base/clock.ts'
import { sealedBytesOf } from '../protocol/media-cipher.ts'
import { box, until } from './bed.test.ts'

const HOUR_MS = 3_600_000
const NOWHERE = 'http://127.0.0.1:1'
/** The owner's leave is not what this is about: it lasts. */
const LONG = { expires: Date.now() + 5000 * HOUR_MS }

/** A clock whose two faces a test moves by hand; sleeping is real, so that the loop turns. */
function handClock() {
  const clock: Clock & { ranMs: number; jumpedMs: number } = {
    ...systemClock,
    ranMs: 0,
    jumpedMs: 0,
    monotonicMs: () => clock.ranMs,
    nowMs: () => Date.now() + clock.jumpedMs,
  }
  return clock
}

describe('media that wait', () => {
  it('are let go when they have waited for too long, by name, and younger ones stay', async (t) => {
    const clock = handClock()
    const { allow, enqueue, egress, activities, files, start } = box(t, NOWHERE, { ageMaxMs: 2 * HOUR_MS }, { clock })
    allow(1, ['snapshot'], LONG)
    await enqueue('snapshot', 1000, 7000)
    clock.ranMs += 1.5 * HOUR_MS
    await enqueue('snapshot', 1000, 9000)
    clock.ranMs += HOUR_MS
    start()
    const named = () => activities.find(({ message }) => message.startsWith('Media waited'))
    await until('one is let go', () => named() !== undefined)
    assert.deepEqual(named(), {
      kind: 'upload-cancelled',
      camera: undefined,
      message:
        'Media waited for more than 2 hours: 1 items were deleted, taken from 1970-01-01T00:00:07.000Z to 1970-01-01T00:00:07.000Z',
    })
    assert.deepEqual([egress.queued(), files().length], [{ items: 1, bytes: sealedBytesOf(1000) }, 1])
  })

  it('grow older neither by a clock that is set nor by one that forgot the time', async (t) => {
    const clock = handClock()
    const { allow, enqueue, egress, activities, start } = box(t, NOWHERE, { ageMaxMs: 2 * HOUR_MS }, { clock })
    allow(1, ['snapshot'], LONG)
    await enqueue('snapshot', 1000)
    clock.jumpedMs = 900 * HOUR_MS
    start()
    await until('it was tried', () => activities.length > 0)
    clock.jumpedMs = -1e12
    egress.use({ bytesMax: 1e9, ageMaxMs: 2 * HOUR_MS })
    await enqueue('snapshot', 1000)
    assert.deepEqual([egress.queued().items, activities.map(({ kind }) => kind)], [2, ['upload-failed']])
  })

  it('keep their age over a restart', async (t) => {
    const clock = handClock()
    const first = box(t, NOWHERE, { ageMaxMs: 2 * HOUR_MS }, { clock })
    first.allow(1, ['snapshot'], LONG)
    await first.enqueue('snapshot', 1000)
    clock.ranMs += 1.5 * HOUR_MS
    await first.end()
    // The box's running time begins anew.
    clock.ranMs = 5
    const second = box(t, NOWHERE, { ageMaxMs: 2 * HOUR_MS }, { clock, stateDir: first.stateDir })
    second.start()
    clock.ranMs += HOUR_MS
    second.egress.use({ bytesMax: 1e9, ageMaxMs: 2 * HOUR_MS })
    await until('it is let go', () => second.files().length === 0)
    assert.match(second.activities.at(-1)?.message ?? '', /^Media waited for more than 2 hours: 1 items/)
  })

  it('are held to a new bound as soon as it is set', async (t) => {
    const clock = handClock()
    const { allow, enqueue, egress, files, start } = box(t, NOWHERE, {}, { clock })
    allow(1, ['snapshot'], LONG)
    await enqueue('snapshot', 1000)
    clock.ranMs += 3 * HOUR_MS
    start()
    egress.use({ bytesMax: 1e9, ageMaxMs: HOUR_MS })
    await until('it is let go', () => files().length === 0)
  })
})
