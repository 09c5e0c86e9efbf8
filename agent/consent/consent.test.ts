import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { type GrantDocument, signGrant } from '../protocol/grant.ts'
import { Cap } from './cap.ts'
import { CONSENT_TABLES, Consent } from './consent.ts'

const AGENT = 'agentaaaaaaaaaaa'
const ACCOUNT = 'accountaaaaaaaaa'
const CAMERA = 'cameraaaaaaaaaaa'
const owner = generateKeyPairSync('ed25519')

function house(stateDir = mkdtempSync(join(tmpdir(), 'lenscap-consent-'))) {
  const db = openDatabase(join(stateDir, 'state.db'), [CONSENT_TABLES])
  const time = { nowMs: 1_000_000 }
  const cap = new Cap(stateDir)
  const changes: number[] = []
  const consent = new Consent({
    db,
    pins: { agent: AGENT, account: ACCOUNT, grantKey: owner.publicKey },
    cap,
    clock: { ...systemClock, nowMs: () => time.nowMs },
    onChange: () => changes.push(consent.serial),
  })
  const close = () => {
    consent[Symbol.dispose]()
    db.close()
  }
  return { consent, cap, time, changes, stateDir, close }
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
})
