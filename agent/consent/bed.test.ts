// The bed that consent is tested on: a box's state, an owner, and time in the test's hand. No tests of its own.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { type GrantDocument, signGrant } from '../protocol/grant.ts'
import { Cap } from './cap.ts'
import { CONSENT_TABLES, Consent } from './consent.ts'
import { LATEST_TIME_TABLES } from './latest-time.ts'

export const AGENT = 'agentaaaaaaaaaaa'
export const ACCOUNT = 'accountaaaaaaaaa'
export const CAMERA = 'cameraaaaaaaaaaa'
export const owner = generateKeyPairSync('ed25519')

export const DAY_MS = 24 * 3_600_000

export function house(stateDir = mkdtempSync(join(tmpdir(), 'lenscap-consent-')), nowMs = 1_000_000) {
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

export const document = (over: Partial<GrantDocument> = {}): GrantDocument => ({
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

export const signed = (over: Partial<GrantDocument> = {}) => signGrant(document(over), owner.privateKey)
