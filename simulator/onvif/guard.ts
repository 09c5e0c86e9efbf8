import type { XmlElement } from '../discovery/xml.ts'
import type { FaultSwitches } from '../faults/switches.ts'
import type { CredentialOutcome } from '../journal/journal.ts'
import type { Profile } from '../profiles/profile.ts'
import { type DigestVerdict, HttpDigest, type PasswordOf } from './http-digest.ts'
import { type TokenVerdict, UsernameTokens } from './username-token.ts'
import { algorithmsOf, challengeWrongly, lockoutOf } from './wrong/login.ts'

export interface Admission {
  readonly admitted: boolean
  readonly credential: CredentialOutcome
  readonly user?: string
  /** The credential was right but its nonce used up: the client may answer the new challenge at once. */
  readonly stale: boolean
}

export interface Attempt {
  /** The client's address, without its port. */
  readonly from: string
  readonly method: string
  readonly target: string
  readonly authorization: string | undefined
  /** The SOAP header, where there is one. */
  readonly header?: XmlElement | undefined
}

/** Remembers at most this many clients' wrong passwords. */
const CLIENTS_MAX = 256

/** Decides who may in, for ONVIF, snapshots and RTSP of one camera, and locks out those who guess as the brand does. */
export class Guard {
  readonly #profile: Profile
  readonly #faults: FaultSwitches
  readonly #now: () => number
  readonly #tokens: UsernameTokens | undefined
  readonly #digest: HttpDigest
  readonly #passwordOf: PasswordOf
  readonly #wrong = new Map<string, { count: number; lastMs: number }>()

  constructor(
    profile: Profile,
    realm: () => string,
    passwordOf: PasswordOf,
    faults: FaultSwitches,
    now: () => number,
    cameraNow: () => number,
  ) {
    this.#profile = profile
    this.#faults = faults
    this.#now = now
    const fits = (given: string) =>
      given === realm() || (faults.isOn('digest-changing-realm') && given.startsWith(realm()))
    this.#digest = new HttpDigest({ realm, fits }, () => algorithmsOf(profile, faults), passwordOf, now)
    this.#passwordOf = passwordOf
    this.#tokens = profile.auth.includes('username-token') ? new UsernameTokens(passwordOf, cameraNow) : undefined
  }

  challenges(stale: boolean): string[] {
    return challengeWrongly(this.#digest.challenges(stale), this.#faults)
  }

  /** Cameras offer MD5 alone over RTSP: many players take the last challenge and know no other algorithm. */
  rtspChallenges(stale: boolean): string[] {
    return challengeWrongly(this.#digest.challenges(stale, 'MD5'), this.#faults)
  }

  admit(attempt: Attempt): Admission {
    if (this.#faults.isOn('open-to-all')) return { admitted: true, credential: 'none', stale: false }
    const verdict = this.#verdict(attempt)
    if (!verdict) return { admitted: false, credential: 'none', stale: false }
    const user = verdict.user
    if (this.#isLockedOut(attempt.from)) return { admitted: false, credential: 'refused', user, stale: false }
    if (verdict.kind === 'stale') return { admitted: false, credential: 'none', user, stale: true }
    if (verdict.kind === 'accepted') {
      this.#wrong.delete(attempt.from)
      return { admitted: true, credential: 'accepted', user, stale: false }
    }
    if (!('why' in verdict) || verdict.why === 'password') this.#countWrong(attempt.from)
    return { admitted: false, credential: 'refused', user, stale: false }
  }

  #verdict(attempt: Attempt): DigestVerdict | TokenVerdict | undefined {
    if (this.#faults.isOn('basic-only')) return this.#basic(attempt.authorization)
    const digest = this.#digest.check(attempt.authorization, attempt.method, attempt.target)
    if (digest?.kind === 'accepted' && this.#faults.isOn('digest-always-stale')) return { ...digest, kind: 'stale' }
    return digest ?? (this.#faults.isOn('token-refused') ? undefined : this.#tokens?.check(attempt.header))
  }

  #basic(authorization: string | undefined): DigestVerdict | undefined {
    const given = /^basic\s+(\S+)$/i.exec(authorization ?? '')?.[1]
    if (given === undefined) return undefined
    const [user = '', ...rest] = Buffer.from(given, 'base64').toString('utf8').split(':')
    const isRight = this.#passwordOf(user) === rest.join(':')
    return { kind: isRight ? 'accepted' : 'refused', user }
  }

  #isLockedOut(client: string): boolean {
    if (this.#faults.isOn('auth-lockout') || this.#faults.isOn('always-401')) return true
    const lockout = lockoutOf(this.#profile, this.#faults)
    const wrong = this.#wrong.get(client)
    if (!lockout || !wrong || wrong.count < lockout.attempts) return false
    if (this.#now() - wrong.lastMs < lockout.durationMs) return true
    this.#wrong.delete(client)
    return false
  }

  #countWrong(client: string): void {
    const count = (this.#wrong.get(client)?.count ?? 0) + 1
    this.#wrong.delete(client)
    this.#wrong.set(client, { count, lastMs: this.#now() })
    const [oldest] = this.#wrong.keys()
    if (this.#wrong.size > CLIENTS_MAX && oldest !== undefined) this.#wrong.delete(oldest)
  }
}
