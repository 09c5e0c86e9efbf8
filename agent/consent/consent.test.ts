import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { type GrantDocument, signGrant } from '../protocol/grant.ts'
import { Cap } from './cap.ts'
import { CONSENT_TABLES, Consent } from './consent.ts'
import { LATEST_TIME_TABLES } from './latest-time.ts'

const AGENT = 'agentaaaaaaaaaaa'
const ACCOUNT = 'accountaaaaaaaaa'
const CAMERA = 'cameraaaaaaaaaaa'
const owner = generateKeyPairSync('ed25519')

const DAY_MS = 24 * 3_600_000

function house(stateDir = mkdtempSync(join(tmpdir(), 'lenscap-consent-')), nowMs = 1_000_000) {
  const db = openDatabase(join(stateDir, 'state.db'), [CONSENT_TABLES, LATEST_TIME_TABLES])
  const time = { nowMs, ranMs: 0, readingMs: 0 }
  /** So much time passes, and the clock shows it. */
  const pass = (ms: number) => {
    time.nowMs += ms
    time.ranMs += ms
  }
  /** Time may pass while one looks at the clock. */
  const read = (which: 'nowMs' | 'ranMs') => {
    pass(time.readingMs)
    return time[which]
  }
  const cap = new Cap(stateDir)
  const changes: number[] = []
  const consent = new Consent({
    db,
    pins: { agent: AGENT, account: ACCOUNT, grantKey: owner.publicKey },
    cap,
    clock: { ...systemClock, nowMs: () => read('nowMs'), monotonicMs: () => read('ranMs') },
    onChange: () => changes.push(consent.serial),
  })
  const close = () => {
    consent[Symbol.dispose]()
    db.close()
  }
  return { consent, cap, db, time, pass, changes, stateDir, close }
}

const document = (over: Partial<GrantDocument> = {}): GrantDocument => ({
  v: 1,
  account: ACCOUNT,
  agent: AGENT,
  serial: 1,
  notBefore: 0,
  expires: 2_000_000,
  grantedBy: ACCOUNT,
  cameras: [{ camera: CAMERA, kinds: ['snapshot'] }],
  ...over,
})

const signed = (over: Partial<GrantDocument> = {}) => signGrant(document(over), owner.privateKey)

describe('consent', () => {
  it('allows nothing without a grant', () => {
    const { consent, close } = house()
    assert.equal(consent.grant(CAMERA, 'snapshot'), undefined)
    close()
  })

  it('allows exactly the cameras and kinds of the grant', () => {
    const { consent, close } = house()
    consent.accept(signed())
    assert.equal(consent.grant(CAMERA, 'snapshot')?.serial, 1)
    assert.equal(consent.grant(CAMERA, 'clip'), undefined)
    assert.equal(consent.grant('camerabbbbbbbbbb', 'snapshot'), undefined)
    close()
  })

  it('refuses a forged, foreign, altered or older grant and keeps the one held', () => {
    const { consent, close } = house()
    consent.accept(signed({ serial: 5 }))
    const forged = signGrant(document({ serial: 9 }), generateKeyPairSync('ed25519').privateKey)
    const altered = { ...signed({ serial: 9 }), document: signed({ serial: 10 }).document }
    const agent = 'agentbbbbbbbbbbb'
    for (const bad of [
      forged,
      altered,
      signed({ serial: 9, agent }),
      signed({ serial: 9, account: agent }),
      signed({ serial: 4 }),
    ]) {
      assert.throws(() => consent.accept(bad), { kind: 'refused' })
    }
    assert.equal(consent.serial, 5)
    close()
  })

  it('ends what was handed out as soon as a newer grant allows less', () => {
    const { consent, changes, close } = house()
    consent.accept(signed())
    const grant = consent.grant(CAMERA, 'snapshot')
    assert.ok(grant)
    consent.accept(signed({ serial: 2 }))
    assert.equal(grant.signal.aborted, false, 'a renewal cuts nothing')
    assert.equal(grant.serial, 2)
    consent.accept(signed({ serial: 3, cameras: [] }))
    assert.equal(grant.signal.aborted, true)
    assert.throws(() => grant.check(), { kind: 'refused' })
    assert.deepEqual(changes, [1, 2, 3])
    close()
  })

  it('ends with the expiry, whatever timers did', () => {
    const { consent, time, close } = house()
    consent.accept(signed())
    const grant = consent.grant(CAMERA, 'snapshot')
    assert.ok(grant)
    time.nowMs = 2_000_000
    assert.throws(() => grant.check(), { kind: 'refused' })
    assert.equal(grant.signal.aborted, true)
    close()
  })

  it('lets the cap overrule every grant at once, and gives back when it comes off', async () => {
    const { consent, cap, changes, close } = house()
    consent.accept(signed())
    const grant = consent.grant(CAMERA, 'snapshot')
    assert.ok(grant)
    cap.set(true)
    assert.equal(consent.allows(CAMERA, 'snapshot'), false)
    await new Promise((resolve) => grant.signal.addEventListener('abort', resolve))
    assert.ok(changes.length > 1)
    cap.set(false)
    assert.ok(consent.grant(CAMERA, 'snapshot'))
    close()
  })

  it('begins to allow when its time has come, though the clock was wrong before', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { consent, time, changes, close } = house()
    time.nowMs = 1000
    consent.accept(signed({ notBefore: 1_500_000 }))
    assert.equal(consent.grant(CAMERA, 'snapshot'), undefined)
    t.mock.timers.tick(60_000)
    assert.equal(changes.length, 1, 'nothing has changed')
    time.nowMs = 1_600_000
    t.mock.timers.tick(60_000)
    assert.equal(changes.length, 2, 'the clock was set')
    assert.ok(consent.grant(CAMERA, 'snapshot'))
    time.nowMs = 2_100_000
    t.mock.timers.tick(60_000)
    assert.equal(changes.length, 3, 'it has expired')
    close()
  })

  it('notices the cap where the system gives it no watcher', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const stateDir = mkdtempSync(join(tmpdir(), 'lenscap-consent-'))
    const cap = new Cap(stateDir)
    let changes = 0
    const stop = cap.watch(() => {
      changes += 1
    })
    rmSync(stateDir, { recursive: true })
    mkdirSync(stateDir)
    cap.set(true)
    t.mock.timers.tick(1000)
    assert.equal(changes, 1)
    t.mock.timers.tick(1000)
    assert.equal(changes, 1)
    stop()
  })

  it('knows after a restart what it held, and that older ones stay refused', () => {
    const first = house()
    first.consent.accept(signed({ serial: 7 }))
    first.close()
    const second = house(first.stateDir)
    assert.ok(second.consent.grant(CAMERA, 'snapshot'))
    assert.throws(() => second.consent.accept(signed({ serial: 6 })), { kind: 'refused' })
    second.close()
  })

  it('does not believe its own disk where another hand has written there', () => {
    const first = house()
    first.consent.accept(signed())
    const others = document({ cameras: [{ camera: CAMERA, kinds: ['snapshot', 'clip'] }] })
    const forged = signGrant(others, generateKeyPairSync('ed25519').privateKey)
    first.db.prepare('UPDATE grant_held SET document = ?, signature = ?').run(forged.document, forged.signature)
    first.close()
    const second = house(first.stateDir)
    assert.equal(second.consent.grant(CAMERA, 'clip'), undefined)
    second.close()
  })

  it('takes the cap for on where it can\u2019t be looked for', () => {
    const { consent, stateDir, close } = house()
    consent.accept(signed())
    symlinkSync('cap-on', join(stateDir, 'cap-on'))
    assert.equal(consent.allows(CAMERA, 'snapshot'), false)
    close()
  })

  it('ends what a newer grant no longer allows though the disk takes nothing, and takes it when there is room', () => {
    const { consent, db, close } = house()
    consent.accept(signed({ cameras: [{ camera: CAMERA, kinds: ['snapshot', 'clip'] }] }))
    const grant = consent.grant(CAMERA, 'snapshot')
    assert.ok(grant)
    db.pragma('query_only = ON')
    const newer = signed({ serial: 2, cameras: [{ camera: CAMERA, kinds: ['clip', 'live'] }] })
    assert.throws(() => consent.accept(newer), { kind: 'storage' })
    assert.equal(grant.signal.aborted, true)
    const kinds = () => (['snapshot', 'clip', 'live'] as const).filter((kind) => consent.allows(CAMERA, kind))
    assert.deepEqual(kinds(), ['clip'], 'what is not on disk allows nothing new')
    db.pragma('query_only = OFF')
    assert.equal(consent.accept(newer), 'taken')
    assert.deepEqual(kinds(), ['clip', 'live'])
    close()
  })

  it('names why it refuses, once an hour for each grant however often it comes', () => {
    const { consent, time, close } = house()
    const foreign = signed({ account: 'accountbbbbbbbbb' })
    assert.deepEqual(consent.take(foreign), {
      kind: 'grant-refused',
      message: 'Refused a grant: The grant is of another account',
    })
    assert.match(consent.take(signed({ agent: 'agentbbbbbbbbbbb' }))?.message ?? '', /for another box/)
    for (let i = 0; i < 5; i += 1) assert.equal(consent.take(foreign), undefined)
    for (let serial = 1; serial < 100; serial += 1) {
      consent.take(signGrant(document({ serial }), generateKeyPairSync('ed25519').privateKey))
    }
    time.ranMs += 3_600_000
    assert.match(consent.take(foreign)?.message ?? '', /another account \(and 96 more since the hour before\)$/)
    assert.equal(consent.take(signed())?.kind, 'grant-taken')
    assert.equal(consent.take(signed()), undefined, 'it is held already')
    assert.equal(consent.take(signed({ serial: 2, expires: 3_000_000 })), undefined, 'a renewal is no news')
    close()
  })
})

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
