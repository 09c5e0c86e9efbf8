import { createHash, randomBytes } from 'node:crypto'
import type { UrlWithStringQuery } from 'node:url'
import { Cam } from 'onvif'
import { answerDigest, parseChallenges } from '../base/digest.ts'
import type { Credential } from '../base/secret.ts'
import { escapeXml } from './xml.ts'

/** The device's services, by the names under which `onvif` looks them up. */
export type Service = 'device' | 'media' | 'media2' | 'events'

const SERVICES: readonly Service[] = ['device', 'media', 'media2', 'events']

/** Cam wants to see that a service is offered; where it is, the sender knows. */
const SOMEWHERE: UrlWithStringQuery = {
  auth: null,
  hash: null,
  host: null,
  hostname: null,
  href: '',
  path: null,
  pathname: null,
  port: null,
  protocol: null,
  query: null,
  search: null,
  slashes: null,
}

/** A request, built and signed, not yet sent. */
export interface SoapRequest {
  readonly service: Service
  readonly operation: string
  /** For the `action` of the Content-Type. */
  readonly action: string
  readonly body: string
}

declare module 'onvif' {
  interface Cam {
    _envelopeHeader(open?: boolean): string
    _envelopeFooter(): string
  }
}

/** What stands in a message where the digest of each will stand; no user's name holds such characters. */
const MARKS = { passdigest: '\u0001digest', nonce: '\u0001nonce', timestamp: '\u0001created' }

/** Cam, whose own transport is bypassed at its one seam, `_request`: the README says why, with the measurements. */
class Writer extends Cam {
  #captured: { service?: string; body: string } | undefined

  constructor(credential: Credential | undefined, media2: boolean) {
    super({ hostname: 'unused', autoconnect: false, useWSSecurity: credential !== undefined })
    this.media2Support = media2
    this.uri = { media: SOMEWHERE, media2: SOMEWHERE }
    if (!credential) return
    // Cam writes the name into the envelope as it is.
    this.username = escapeXml(credential.username)
    this.password = 'marked'
  }

  /** Catches what a Cam method was about to send. */
  _request(options: { service?: string; body: string }): void {
    this.#captured = options
  }

  /** In place of Cam's own, which takes a password as ASCII, and the time from the box's start. */
  _passwordDigest(): typeof MARKS {
    return MARKS
  }

  captured(method: (cam: Cam) => void): { service: Service; body: string } {
    method(this)
    const { service, body = '' } = this.#captured ?? {}
    return { service: SERVICES.find((each) => each === service) ?? 'device', body }
  }

  get opened(): string {
    return this._envelopeHeader(true)
  }

  get closed(): string {
    return this._envelopeFooter()
  }
}

/** The beginnings and ends of messages, which are the same for each of a user: they are made once. */
export class Envelopes {
  readonly #known = new Map<string, { readonly opened: string; readonly closed: string }>()

  /** With marks for the digest, where it is for a user. */
  of(credential: Credential | undefined): { readonly opened: string; readonly closed: string } {
    const name = credential ? `user ${credential.username}` : 'nobody'
    const known = this.#known.get(name)
    if (known) return known
    const { opened, closed } = new Writer(credential, false)
    const made = { opened, closed }
    this.#known.set(name, made)
    return made
  }
}

/** Writes one message by `onvif`'s Cam, and signs it by WS-Security. */
export class RequestWriter {
  readonly #credential: Credential | undefined
  readonly #createdMs: number
  readonly #media2: boolean
  readonly #envelopes: Envelopes

  /** @param createdMs the camera's time, for the digest */
  constructor(
    credential: Credential | undefined,
    createdMs: number,
    { media2 = false, envelopes = new Envelopes() }: { media2?: boolean | undefined; envelopes?: Envelopes } = {},
  ) {
    this.#credential = credential
    this.#createdMs = createdMs
    this.#media2 = media2
    this.#envelopes = envelopes
  }

  /** The request that this Cam method sends. */
  write(method: (cam: Cam) => void): SoapRequest {
    const { service, body } = new Writer(this.#credential, this.#media2).captured(method)
    const inner = body.slice(Math.max(0, body.indexOf('<s:Body')))
    return { service, ...nameOf(inner.slice(inner.indexOf('>') + 1)), body: this.#signed(body) }
  }

  /** A request that Cam has no method for, or writes with values that can't be chosen. Header and body are XML. */
  writeOwn(service: Service, header: string, body: string): SoapRequest {
    const { opened, closed } = this.#envelopes.of(this.#credential)
    const text = `${this.#signed(opened)}${header}</s:Header><s:Body>${body}${closed}`
    return { service, ...nameOf(body), body: text }
  }

  /** WS-Security UsernameToken Profile 1.1, 4: in the camera's time, the password as UTF-8. */
  #signed(text: string): string {
    if (!this.#credential) return text
    const nonce = randomBytes(16)
    const created = new Date(this.#createdMs).toISOString()
    const sha1 = createHash('sha1').update(nonce).update(created)
    const digest = sha1.update(this.#credential.password.reveal(), 'utf8').digest('base64')
    return text
      .replace(MARKS.passdigest, digest)
      .replace(MARKS.nonce, nonce.toString('base64'))
      .replace(MARKS.timestamp, created)
  }
}

/**
 * The `Authorization` for a 401's challenges, SHA-256 before MD5 (RFC 7616, 3.7); undefined where none can be answered.
 * Basic never is.
 */
export function answerChallenges(
  challenges: readonly string[],
  credential: Credential,
  path: string,
): string | undefined {
  const { digests } = parseChallenges(challenges)
  const best = digests.find(({ hash }) => hash === 'sha256') ?? digests[0]
  const cnonce = randomBytes(12).toString('hex')
  return best && answerDigest(best, credential, { method: 'POST', uri: path, count: 1, cnonce })
}

/** The operation that a Body's content is, and its action. */
function nameOf(content: string): Pick<SoapRequest, 'operation' | 'action'> {
  const [, operation = '', namespace = ''] = /^<(\w+) xmlns="([^"]*)"/.exec(content) ?? []
  return { operation, action: `${namespace}/${operation}` }
}
