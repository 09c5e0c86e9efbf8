import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-'
/** Values that no schema allows, asked for so that they are refused. */
const MEANT_WRONG = />(soon|Rare)</
const TIMEOUT_MS = 30_000

/** The services by the prefix that the answers use. */
const SERVICES = {
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tr2: 'http://www.onvif.org/ver20/media/wsdl',
  tev: 'http://www.onvif.org/ver10/events/wsdl',
  timg: 'http://www.onvif.org/ver20/imaging/wsdl',
  tptz: 'http://www.onvif.org/ver20/ptz/wsdl',
  tmd: 'http://www.onvif.org/ver10/deviceIO/wsdl',
  trc: 'http://www.onvif.org/ver10/recording/wsdl',
  tse: 'http://www.onvif.org/ver10/search/wsdl',
  trp: 'http://www.onvif.org/ver10/replay/wsdl',
  wsnt: 'http://docs.oasis-open.org/wsn/b-2',
} as const

export type Prefix = keyof typeof SERVICES

/** Asks one camera, and keeps every question and answer as a file of its own. */
export class Asker {
  readonly #host: string
  readonly #folder: string
  readonly #login: readonly [user: string, password: string] | undefined
  readonly #addresses = new Map<string, string>()
  #count = 0

  /** Without a login it shows none, since what stands before the camera does. */
  constructor(host: string, folder: string, login: readonly [string, string] | undefined) {
    this.#host = host
    this.#folder = folder
    this.#login = login
  }

  /** Learns where each service is from the camera itself. */
  async learnServices(): Promise<void> {
    const text = await this.ask(
      'tds',
      '<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>',
    )
    for (const [, namespace = '', xaddr = ''] of text.matchAll(/Namespace>([^<]*)<.*?XAddr>([^<]*)</g))
      this.#addresses.set(namespace, xaddr)
  }

  has(prefix: Prefix): boolean {
    return this.#addresses.has(SERVICES[prefix])
  }

  /** One operation, whose element is written with the service's prefix. Says the answer's envelope. */
  ask(prefix: Prefix, body: string): Promise<string> {
    const url = this.#addresses.get(SERVICES[prefix]) ?? `http://${this.#host}/onvif/device_service`
    return this.askAt(url, body)
  }

  async askAt(url: string, body: string, header = ''): Promise<string> {
    const namespaces = Object.entries(SERVICES).map(([name, uri]) => ` xmlns:${name}="${uri}"`)
    const envelope =
      `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"${namespaces.join('')}>` +
      `<s:Header>${this.#security()}${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
    const name = /<\w+:(\w+)/.exec(body)?.[1] ?? 'other'
    if (!MEANT_WRONG.test(body)) await this.keep(envelope, `${name}-asked`)
    return this.post(url, envelope, name)
  }

  /** Posts anything; the answer is kept if it is an envelope, also one in a multipart body. */
  async post(url: string, text: string, name: string): Promise<string> {
    const headers = { 'content-type': 'application/soap+xml; charset=utf-8' }
    const response = await fetch(url, { method: 'POST', body: text, headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
    const answer = rootOf(response.headers.get('content-type') ?? '', await response.text())
    if (answer.includes('Envelope')) await this.keep(answer, name)
    return answer
  }

  async keep(text: string, name: string): Promise<void> {
    await writeFile(join(this.#folder, `own-${String(++this.#count).padStart(3, '0')}-${name}.xml`), text)
  }

  #security(): string {
    if (!this.#login) return ''
    const [user, password] = this.#login
    const [nonce, created] = [randomBytes(16), new Date().toISOString()]
    const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64')
    return (
      `<o:Security xmlns:o="${WSS}wssecurity-secext-1.0.xsd"><o:UsernameToken><o:Username>${user}</o:Username>` +
      `<o:Password Type="${WSS}username-token-profile-1.0#PasswordDigest">${digest}</o:Password><o:Nonce>${nonce.toString('base64')}</o:Nonce>` +
      `<u:Created xmlns:u="${WSS}wssecurity-utility-1.0.xsd">${created}</u:Created></o:UsernameToken></o:Security>`
    )
  }
}

/** The first part of a multipart body (XOP 1.0, 4.1); any other body as it is. */
function rootOf(type: string, body: string): string {
  const boundary = /^multipart\/related.*boundary="([^"]+)"/.exec(type)?.[1]
  if (boundary === undefined) return body
  const [, first = ''] = body.split(`--${boundary}\r\n`)
  return first.slice(first.indexOf('\r\n\r\n') + 4).trim()
}

/** What stands in the first element of that local name. */
export function textIn(xml: string, local: string): string {
  return new RegExp(`<(?:[\\w-]+:)?${local}(?:\\s[^>]*)?>([^<]*)<`).exec(xml)?.[1] ?? ''
}

/** The token of the first element of that local name. */
export function tokenIn(xml: string, local: string): string {
  return new RegExp(`<(?:[\\w-]+:)?${local}\\s[^>]*token="([^"]*)"`).exec(xml)?.[1] ?? ''
}
