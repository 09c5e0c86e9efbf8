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

/**
 * `onvif`'s Cam as the writer of requests: it builds the messages and their WS-Security header, and answers HTTP Digest
 * challenges. Its own transport is bypassed at its one seam, `_request`: the README says why, with the measurements.
 */
export class RequestWriter extends Cam {
  readonly #createdMs: number
  #captured: { service?: string; body: string } | undefined

  /** @param createdMs the camera's time, for the digest */
  constructor(credential: Credential | undefined, createdMs: number, media2 = false) {
    super({ hostname: 'unused', autoconnect: false, useWSSecurity: credential !== undefined })
    this.#createdMs = createdMs
    this.media2Support = media2
    this.uri = { media: SOMEWHERE, media2: SOMEWHERE }
    if (credential) {
      // Cam writes the name into the envelope as it is.
      this.username = escapeXml(credential.username)
      this.password = credential.password.reveal()
    }
  }

  /** Catches what a Cam method was about to send. */
  _request(options: { service?: string; body: string }): void {
    this.#captured = options
  }

  /** WS-Security UsernameToken Profile 1.1, 4: in the camera's time, the password as UTF-8 (Cam's own takes ASCII). */
  _passwordDigest(): { passdigest: string; nonce: string; timestamp: string } {
    const nonce = randomBytes(16)
    const timestamp = new Date(this.#createdMs).toISOString()
    const passdigest = createHash('sha1')
      .update(nonce)
      .update(timestamp)
      .update(this.password ?? '', 'utf8')
      .digest('base64')
    return { passdigest, nonce: nonce.toString('base64'), timestamp }
  }

  /** The request that this Cam method sends. */
  write(method: (cam: Cam) => void): SoapRequest {
    method(this)
    return described(SERVICES.find((each) => each === this.#captured?.service) ?? 'device', this.#captured?.body ?? '')
  }

  /** A request that Cam has no method for, or writes with values that can't be chosen. Header and body are XML. */
  writeOwn(service: Service, header: string, body: string): SoapRequest {
    const opened = `${this._envelopeHeader(true)}${header}</s:Header><s:Body>`
    return described(service, `${opened}${body}${this._envelopeFooter()}`)
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

function described(service: Service, body: string): SoapRequest {
  const [, operation = '', namespace = ''] = /<s:Body[^>]*><(\w+) xmlns="([^"]*)"/.exec(body) ?? []
  return { service, operation, action: `${namespace}/${operation}`, body }
}
