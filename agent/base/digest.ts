import { createHash, randomBytes } from 'node:crypto'
import { LenscapError } from './errors.ts'
import type { Credential } from './secret.ts'

const HEADER_LENGTH_MAX = 8192

/** One Digest challenge (RFC 7616, 3.3) whose algorithm and qop we can answer. Strings stand as between the quotes. */
export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly hash: 'md5' | 'sha256'
  /** The algorithm as the far end wrote it; absent in challenges after RFC 2069, and then not echoed. */
  readonly algorithm: string | undefined
  readonly session: boolean
  readonly qop: boolean
  readonly opaque: string | undefined
  readonly stale: boolean
}

interface Challenges {
  /** Lower case, in the order offered. */
  readonly schemes: readonly string[]
  readonly digests: readonly DigestChallenge[]
}

/** Reads every challenge of the `WWW-Authenticate` headers: several may share one line (RFC 9110, 11.6.1). */
export function parseChallenges(headers: readonly string[]): Challenges {
  const found: { scheme: string; parameters: Map<string, string> }[] = []
  for (const header of headers) {
    const part = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y
    const line = header.slice(0, HEADER_LENGTH_MAX)
    for (let match = part.exec(line); match !== null; match = part.exec(line)) {
      const name = (match[1] ?? '').toLowerCase()
      if (match[2] === undefined) found.push({ scheme: name, parameters: new Map() })
      else found.at(-1)?.parameters.set(name, match[3] ?? match[4] ?? '')
    }
  }
  return {
    schemes: found.map(({ scheme }) => scheme),
    digests: found.flatMap(({ scheme, parameters }) => (scheme === 'digest' ? readDigest(parameters) : [])),
  }
}

function readDigest(parameters: ReadonlyMap<string, string>): DigestChallenge[] {
  const algorithm = parameters.get('algorithm')
  const [, hash, session] = /^(md5|sha-256)(-sess)?$/.exec((algorithm ?? 'md5').toLowerCase()) ?? []
  const nonce = parameters.get('nonce')
  const qops = parameters
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/)
  if (hash === undefined || !nonce || (qops && !qops.includes('auth'))) return []
  const answerable: DigestChallenge = {
    realm: parameters.get('realm') ?? '',
    nonce,
    hash: hash === 'md5' ? 'md5' : 'sha256',
    algorithm,
    session: session !== undefined,
    qop: qops !== undefined,
    opaque: parameters.get('opaque'),
    stale: parameters.get('stale')?.toLowerCase() === 'true',
  }
  return [answerable]
}

/**
 * Answers the Digest challenges of one camera (RFC 7616: MD5 and SHA-256, with and without `-sess`, qop `auth`; RFC 2069
 * where no qop is offered). It never sends Basic, and a credential that was refused is not sent again.
 */
export class DigestAuth {
  readonly #credential: Credential | undefined
  readonly #host: string
  readonly #cnonce: () => string
  #challenge: DigestChallenge | undefined
  #count = 0
  #answersSinceAccepted = 0

  /** @param host names the camera in errors */
  constructor(credential: Credential | undefined, host: string, cnonce = () => randomBytes(12).toString('hex')) {
    this.#credential = credential
    this.#host = host
    this.#cnonce = cnonce
  }

  /**
   * Takes the challenge of a 401; the next `authorization` answers it.
   * @throws LenscapError `refused` without a credential or when the last answer was refused, `unsupported` where no
   *   Digest that we know is offered
   */
  take(wwwAuthenticate: readonly string[]): void {
    const host = this.#host
    if (this.#credential === undefined) {
      throw new LenscapError('refused', `${host} asks for a user and a password: give this camera a credential`, {
        host,
        diagnosis: 'NO_CREDENTIAL',
      })
    }
    const { schemes, digests } = parseChallenges(wwwAuthenticate)
    // The strongest, not the first: whoever listens in must not choose MD5 for us (RFC 7616, 5.1).
    const challenge = digests.find(({ hash }) => hash === 'sha256') ?? digests[0]
    if (challenge === undefined) throw this.#unanswerable(schemes)
    if (this.#answersSinceAccepted > (challenge.stale ? 1 : 0)) {
      throw new LenscapError('refused', `${host} refused the user or the password: it is not sent again`, {
        host,
        diagnosis: 'AUTH_REJECTED',
      })
    }
    this.#challenge = challenge
    this.#count = 0
  }

  /** The `Authorization` header of one request, or undefined before any challenge. Each call counts as an answer. */
  authorization(method: string, uri: string): string | undefined {
    if (this.#challenge === undefined || this.#credential === undefined) return undefined
    this.#count += 1
    this.#answersSinceAccepted += 1
    return answerDigest(this.#challenge, this.#credential, { method, uri, count: this.#count, cnonce: this.#cnonce() })
  }

  /** The far end let a request pass: a later 401 means that its nonce has aged, not that the password is wrong. */
  accepted(): void {
    this.#answersSinceAccepted = 0
  }

  #unanswerable(schemes: readonly string[]): LenscapError {
    const host = this.#host
    const message = schemes.includes('basic')
      ? `${host} offers only Basic, which shows the password to the network: switch on Digest in the camera`
      : `${host} offers no Digest authentication that can be answered`
    return new LenscapError('unsupported', message, { host, offered: schemes.join(' ').slice(0, 128) })
  }
}

interface DigestRequest {
  readonly method: string
  readonly uri: string
  /** The how-manieth request with this nonce, from 1. */
  readonly count: number
  readonly cnonce: string
}

/** The `Authorization` header's value (RFC 7616, 3.4), with characters beyond ASCII as UTF-8 bytes. */
export function answerDigest(challenge: DigestChallenge, credential: Credential, request: DigestRequest): string {
  const { realm, nonce, opaque, algorithm } = challenge
  const { method, uri, cnonce } = request
  if (/\p{Cc}/u.test(credential.username)) {
    throw new LenscapError('invalid', 'A user name holds a control character: correct the credential')
  }
  const hash = (text: string) => createHash(challenge.hash).update(text).digest('hex')
  const secret = hash(`${credential.username}:${realm}:${credential.password.reveal()}`)
  const a1 = challenge.session ? hash(`${secret}:${nonce}:${cnonce}`) : secret
  const a2 = hash(`${method}:${uri}`)
  const count = request.count.toString(16).padStart(8, '0')
  const response = hash(challenge.qop ? `${a1}:${nonce}:${count}:${cnonce}:auth:${a2}` : `${a1}:${nonce}:${a2}`)
  const username = credential.username.replace(/["\\]/g, '\\$&')
  const fields = [`username="${username}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`]
  fields.push(`response="${response}"`)
  if (algorithm !== undefined) fields.push(`algorithm=${algorithm}`)
  if (opaque !== undefined) fields.push(`opaque="${opaque}"`)
  if (challenge.qop) fields.push('qop=auth', `nc=${count}`)
  if (challenge.qop || challenge.session) fields.push(`cnonce="${cnonce}"`)
  return Buffer.from(`Digest ${fields.join(', ')}`).toString('latin1')
}
