import { randomUUID } from 'node:crypto'
import { errorKind } from '../base/errors.ts'
import { parseXml, type Xml } from '../onvif/xml.ts'

/** What one match in a datagram says. A datagram may hold several. */
export interface Match {
  readonly endpoint: string
  readonly types: readonly string[]
  readonly scopes: readonly string[]
  readonly xaddrs: readonly string[]
  readonly hello: boolean
}

const MATCHES_MAX = 64

/** The two types that cameras answer to; some answer to one of them only (Core 7.3.2). */
const TYPES = [
  'xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter',
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl">tds:Device',
]

/** The probes of one round, each with an id of its own (WS-Discovery 2005/04, 5.2). */
export function probes(): Buffer[] {
  return TYPES.map((types) =>
    Buffer.from(
      '<?xml version="1.0" encoding="UTF-8"?>' +
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">' +
        `<e:Header><w:MessageID>uuid:${randomUUID()}</w:MessageID>` +
        '<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>' +
        '<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>' +
        `<e:Body><d:Probe><d:Types ${types}</d:Types></d:Probe></e:Body></e:Envelope>`,
    ),
  )
}

/**
 * The cameras that a datagram tells of; none for anything odd. RelatesTo is not looked at: half of the field gets it wrong,
 * and it proves nothing.
 */
export function matchesIn(datagram: Buffer): Match[] {
  const text = datagram.toString('utf8')
  if (!text.includes('Envelope')) return []
  const body = envelopeBody(text)
  if (!body) return []
  const told = [
    ...body.all('ProbeMatches').flatMap((each) => each.all('ProbeMatch')),
    ...body.all('ResolveMatches').flatMap((each) => each.all('ResolveMatch')),
    ...body.all('ProbeMatch'), // without the element that should hold it
  ]
  const matches = told.map((each) => matchIn(each, false))
  const hellos = body.all('Hello').map((each) => matchIn(each, true))
  return [...matches, ...hellos].slice(0, MATCHES_MAX).filter(mayBeCamera)
}

/** Who says that it has come, and the endpoints of those who say that they go; none for anything odd. */
export function announcementsIn(datagram: Buffer): { readonly hellos: Match[]; readonly byes: string[] } {
  const text = datagram.toString('utf8')
  const body = text.includes('Envelope') ? envelopeBody(text) : undefined
  const hellos = (body?.all('Hello') ?? []).slice(0, MATCHES_MAX).map((each) => matchIn(each, true))
  const byes = (body?.all('Bye') ?? []).slice(0, MATCHES_MAX).map((each) => matchIn(each, false).endpoint)
  return { hellos: hellos.filter(mayBeCamera), byes: byes.filter((endpoint) => endpoint !== '') }
}

function envelopeBody(text: string): Xml | undefined {
  try {
    return parseXml(text).one('Envelope', 'Body')
  } catch (error) {
    if (errorKind(error) !== 'invalid') throw error
    return undefined
  }
}

const matchIn = (told: Xml, hello: boolean): Match => ({
  endpoint: told.textOf('EndpointReference', 'Address').trim().slice(0, 256),
  types: words(told.textOf('Types')).map((type) => type.replace(/^.*:/, '')),
  scopes: words(told.textOf('Scopes')),
  xaddrs: words(told.textOf('XAddrs')),
  hello,
})

/** Printers and NAS boxes answer too. Who names no type at all was asked for cameras, and gets the benefit. */
function mayBeCamera({ types, scopes, xaddrs }: Match): boolean {
  if (types.length === 0 && scopes.length === 0 && xaddrs.length === 0) return false
  return (
    types.length === 0 ||
    types.some((type) => /NetworkVideo|^Device$/.test(type)) ||
    scopes.some((scope) => scope.startsWith('onvif://'))
  )
}

/** Separated by any white space: line breaks between XAddrs are common. */
const words = (text: string) =>
  text
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, 64)
    .map((word) => word.slice(0, 512))
