import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Absence, absenceStep, noticeHours, PRESENT } from './absence.ts'

const GONE = { isThere: false, isDear: false, isWaitedFor: false, hoursMax: 480 }

/** What is done at which hour, until it is forgotten or so many have passed. */
function acts(input: typeof GONE, hoursMax: number, from: Absence = PRESENT): string[] {
  const done: string[] = []
  for (let absence = from, hour = 1; hour <= hoursMax && !done.some((act) => act.startsWith('forget')); hour += 1) {
    const step = absenceStep(absence, input)
    absence = step.absence
    if (step.act !== 'nothing') done.push(`${step.act} at ${absence.hours}`)
  }
  return done
}

describe('a camera that is not seen', () => {
  it('is forgotten after the hours that were set, and not before', () => {
    assert.deepEqual(acts(GONE, 479), [])
    assert.deepEqual(acts(GONE, 1000), ['forget at 480'])
  })

  it('is told of a week before, where its owner allows something of it', () => {
    assert.deepEqual(acts({ ...GONE, isDear: true }, 1000), ['tell at 312', 'forget at 480'])
    assert.deepEqual(acts({ ...GONE, isDear: true, hoursMax: 24 }, 1000), ['tell at 12', 'forget at 24'])
    assert.equal(noticeHours(24), 12)
  })

  it('is told of in time also where the days were set lower meanwhile, or the permission came late', () => {
    const late: Absence = { hours: 2000, toldAtHours: undefined }
    assert.deepEqual(acts({ ...GONE, isDear: true }, 1000, late), ['tell at 2001', 'forget at 2169'])
  })

  it('is not forgotten while media of it waits', () => {
    assert.deepEqual(acts({ ...GONE, isDear: true, isWaitedFor: true }, 3000), ['tell at 312'])
  })

  it('begins at nothing when it was seen', () => {
    const seen = absenceStep({ hours: 479, toldAtHours: 312 }, { ...GONE, isThere: true })
    assert.deepEqual(seen, { absence: PRESENT, act: 'nothing' })
  })
})
