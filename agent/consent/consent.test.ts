import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { signGrant } from '../protocol/grant.ts'
import { CAMERA, document, house, signed } from './bed.test.ts'
import { Cap } from './cap.ts'

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
