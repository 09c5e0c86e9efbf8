import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CAMERA, DAY_MS, house, signed } from './bed.test.ts'

describe('the time that a grant lasts', () => {
  const expires = 1_000_000 + 7 * DAY_MS

  it('is not made longer by a clock that is set back', () => {
    const { consent, time, pass, close } = house()
    consent.accept(signed({ expires }))
    for (let day = 0; day < 6; day += 1) {
      pass(DAY_MS)
      time.nowMs -= DAY_MS
      assert.equal(consent.allows(CAMERA, 'snapshot'), true, `day ${day}`)
    }
    pass(DAY_MS)
    time.nowMs -= DAY_MS
    assert.equal(consent.allows(CAMERA, 'snapshot'), false, 'it ran for a week')
    close()
  })

  it('ends what runs under it, also where it runs out while one looks', () => {
    for (let leftMs = 0; leftMs < 30; leftMs += 1) {
      const { consent, time, pass, close } = house()
      consent.accept(signed())
      const grant = consent.grant(CAMERA, 'snapshot')
      pass(1_000_000 - leftMs)
      time.readingMs = 1
      consent.look()
      time.readingMs = 0
      pass(1000)
      consent.look()
      assert.equal(grant?.signal.aborted, true, `with ${leftMs} ms left at the first look`)
      close()
    }
  })

  it('is not made longer by a restart with a clock that forgot', () => {
    const first = house()
    first.consent.accept(signed({ expires }))
    first.pass(7 * DAY_MS - 1000)
    assert.equal(first.consent.allows(CAMERA, 'snapshot'), true)
    first.close()
    const second = house(first.stateDir)
    assert.equal(second.consent.allows(CAMERA, 'snapshot'), true)
    second.pass(2000)
    assert.equal(second.consent.allows(CAMERA, 'snapshot'), false)
    second.close()
    const unset = house(first.stateDir, 0)
    unset.consent.accept(signed({ serial: 2, notBefore: 500_000, expires: expires + DAY_MS }))
    assert.equal(unset.consent.allows(CAMERA, 'snapshot'), false, 'nothing counts on a clock that was never set')
    unset.close()
  })

  it('is kept every ten minutes, so that a power cut gives back no more', () => {
    const first = house()
    first.consent.accept(signed({ expires }))
    first.pass(7 * DAY_MS - 1000)
    first.consent.look()
    first.db.close() // nobody says goodbye
    const second = house(first.stateDir)
    second.pass(2000)
    assert.equal(second.consent.allows(CAMERA, 'snapshot'), false)
    second.close()
  })

  it('counts again from the next grant where the clock was ahead by mistake', () => {
    const { consent, time, close } = house()
    consent.accept(signed({ expires }))
    time.nowMs = 4_000_000_000_000
    assert.equal(consent.allows(CAMERA, 'snapshot'), false)
    time.nowMs = 1_001_000
    assert.equal(consent.allows(CAMERA, 'snapshot'), false, 'who knows which time was right')
    consent.accept(signed({ serial: 2, expires }))
    assert.equal(consent.allows(CAMERA, 'snapshot'), true)
    close()
  })
})
