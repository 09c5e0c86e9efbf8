import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { ReplayGuard } from './replay.ts'

/** RFC 7616's algorithms as the wire names them; MD5 is also what is meant where none is named. */
const HASHES = { MD5: 'md5', 'SHA-256': 'sha256' } as const
export type DigestAlgorithm = keyof typeof HASHES

export interface Account {
  readonly user: string
  readonly password: string
}

/** The password of a user; undefined where there is no such user. */
export type PasswordOf = (user: string) => string | undefined

export type DigestVerdict =
  | { readonly kind: 'accepted'; readonly user: string }
  | { readonly kind: 'stale'; readonly user: string }
  | { readonly kind: 'refused'; readonly user: string }

/** The realm that is told, and those that are taken back. */
interface Realm {
  readonly realm: () => string
  readonly fits: (given: string) => boolean
}

const NONCE_LIFE_MS = 5 * 60_000

/** Challenges and checks HTTP Digest (RFC 7616), for HTTP and RTSP alike. Nonces are signed, so none has to be stored. */
export class HttpDigest {
  readonly #realm: Realm
  readonly #algorithms: () => readonly DigestAlgorithm[]
  readonly #passwordOf: PasswordOf
  readonly #now: () => number
  readonly #secret = randomBytes(16)
  readonly #replays = new ReplayGuard()

  constructor(realm: Realm, algorithms: () => readonly DigestAlgorithm[], passwordOf: PasswordOf, now: () => number) {
    this.#realm = realm
    this.#algorithms = algorithms
    this.#passwordOf = passwordOf
    this.#now = now
  }

  /** One WWW-Authenticate value per algorithm; MD5 goes unnamed, as cameras do. */
  challenges(stale = false, only?: DigestAlgorithm): string[] {
    const offered = this.#algorithms().filter((algorithm) => only === undefined || algorithm === only)
    return offered.map((algorithm) => {
      const named = algorithm === 'MD5' ? '' : `, algorithm=${algorithm}`
      return `Digest realm="${this.#realm.realm()}", qop="auth", nonce="${this.#makeNonce()}"${named}, stale="${stale ? 'TRUE' : 'FALSE'}"`
    })
  }

  /** Checks an Authorization header. Says undefined where it is no Digest credential at all. */
  check(authorization: string | undefined, method: string, target: string): DigestVerdict | undefined {
    if (!authorization || !/^digest\s/i.test(authorization)) return undefined
    const given = parseParameters(authorization.slice(7))
    const user = given['username'] ?? ''
    const algorithm = (given['algorithm'] ?? 'MD5').toUpperCase()
    const offered = this.#algorithms().find((one) => one === algorithm)
    const nonce = given['nonce'] ?? ''
    const { uri = '', response = '' } = given
    const password = this.#passwordOf(user)
    if (!offered || password === undefined || !this.#realm.fits(given['realm'] ?? '') || !sameTarget(uri, target))
      return { kind: 'refused', user }
    if (!equal(response, expected(offered, { method, uri, user, password }, given))) return { kind: 'refused', user }
    if (!this.#isFresh(nonce)) return { kind: 'stale', user }
    // Without qop there is no counter, and equal requests have equal credentials by design (RFC 2069).
    const isReplay =
      given['qop'] !== undefined &&
      !this.#replays.isFirstUse(`${nonce}:${given['nc']}:${response}`, this.#now(), this.#now() + NONCE_LIFE_MS)
    return { kind: isReplay ? 'stale' : 'accepted', user }
  }

  #makeNonce(): string {
    const body = `${Math.floor(this.#now()).toString(36)}.${randomBytes(6).toString('hex')}`
    return `${body}.${this.#sign(body)}`
  }

  #isFresh(nonce: string): boolean {
    const [time = '', noise = '', signature = ''] = nonce.split('.')
    const age = this.#now() - Number.parseInt(time, 36)
    return equal(signature, this.#sign(`${time}.${noise}`)) && age >= 0 && age < NONCE_LIFE_MS
  }

  #sign(body: string): string {
    return createHmac('sha256', this.#secret).update(body).digest('hex').slice(0, 24)
  }
}

type Parameters = Readonly<Record<string, string>>

/** RFC 7616, 3.4.1. */
function expected(
  algorithm: DigestAlgorithm,
  { method, uri, user, password }: { method: string; uri: string; user: string; password: string },
  given: Parameters,
): string {
  const hash = (text: string) => createHash(HASHES[algorithm]).update(text).digest('hex')
  const secret = hash(`${user}:${given['realm']}:${password}`)
  const request = hash(`${method}:${uri}`)
  const nonce = given['nonce'] ?? ''
  if (given['qop'] === undefined) return hash(`${secret}:${nonce}:${request}`)
  return hash(`${secret}:${nonce}:${given['nc']}:${given['cnonce']}:${given['qop']}:${request}`)
}

function parseParameters(text: string): Parameters {
  const found: Record<string, string> = {}
  for (const [, name = '', quoted, bare] of text.matchAll(/([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/gi))
    found[name.toLowerCase()] = quoted ?? bare ?? ''
  return found
}

/** Clients write the path alone, or the whole URI; RTSP clients sign the session's URI for each of its tracks. */
function sameTarget(uri: string, target: string): boolean {
  const path = (text: string) => text.replace(/^[a-z]+:\/\/[^/]*/i, '')
  return path(uri) === path(target) || path(target).startsWith(`${path(uri).replace(/\/$/, '')}/`)
}

function equal(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}
