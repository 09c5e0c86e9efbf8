import { child, descend, escapeXml, parseXml, type XmlElement } from './xml.ts'

const SOAP = 'http://www.w3.org/2003/05/soap-envelope'
const ADDRESSING = 'http://schemas.xmlsoap.org/ws/2004/08/addressing'
const DISCOVERY = 'http://schemas.xmlsoap.org/ws/2005/04/discovery'
const ANONYMOUS = `${ADDRESSING}/role/anonymous`
const EVERYONE = 'urn:schemas-xmlsoap-org:ws:2005:04:discovery'

/** What the camera is, in WS-Discovery's sense: namespace and local name (ONVIF Core 7.3.2.1). */
const TYPES = [
  { prefix: 'dn', namespace: 'http://www.onvif.org/ver10/network/wsdl', local: 'NetworkVideoTransmitter' },
  { prefix: 'tds', namespace: 'http://www.onvif.org/ver10/device/wsdl', local: 'Device' },
] as const

/** What a camera says of itself when it is looked for. */
export interface Announcement {
  /** `urn:uuid:…` */
  readonly endpoint: string
  readonly scopes: readonly string[]
  readonly xaddrs: readonly string[]
}

/** What a listener asks: who is there (Probe), or where one of them is (Resolve). */
export type Question = Probe | Resolve

interface Resolve {
  readonly kind: 'resolve'
  readonly messageId: string
  readonly endpoint: string
}

interface Probe {
  readonly kind: 'probe'
  readonly messageId: string
  /** Namespace and local name of each wanted type; none means any. */
  readonly types: readonly { readonly namespace: string; readonly local: string }[]
  readonly scopes: readonly string[]
}

/** Reads a Probe or a Resolve, or says undefined where the datagram is anything else. */
export function parseQuestion(datagram: string): Question | undefined {
  let envelope: XmlElement
  try {
    envelope = parseXml(datagram)
  } catch {
    return undefined
  }
  const messageId = descend(envelope, 'Header', 'MessageID')?.text
  const question = descend(envelope, 'Body')?.children[0]
  if (!messageId || question?.namespace !== DISCOVERY) return undefined
  if (question.local === 'Probe') return readProbe(envelope, question, messageId)
  const endpoint = descend(question, 'EndpointReference', 'Address')?.text
  return question.local === 'Resolve' && endpoint ? { kind: 'resolve', messageId, endpoint } : undefined
}

function readProbe(envelope: XmlElement, probe: XmlElement, messageId: string): Probe {
  const types = child(probe, 'Types')
  const ancestry = [envelope, child(envelope, 'Body'), probe, types].filter((element) => element !== undefined)
  const prefixes: Record<string, string> = Object.assign({}, ...ancestry.map((element) => element.prefixes))
  return {
    kind: 'probe',
    messageId,
    types: words(types?.text).map((name) => {
      const [prefix, local] = name.includes(':') ? name.split(':', 2) : ['', name]
      return { namespace: prefixes[prefix ?? ''] ?? '', local: local ?? '' }
    }),
    scopes: words(child(probe, 'Scopes')?.text),
  }
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '')
}

/** WS-Discovery 5.1: every type and every scope asked for must be matched; scopes match whole path segments. */
export function answers(device: Announcement, question: Question): boolean {
  if (question.kind === 'resolve') return question.endpoint === device.endpoint
  const hasType = (wanted: Probe['types'][number]) =>
    TYPES.some((type) => type.namespace === wanted.namespace && type.local === wanted.local)
  const hasScope = (wanted: string) =>
    device.scopes.some((scope) => scope === wanted || scope.startsWith(wanted.endsWith('/') ? wanted : `${wanted}/`))
  return question.types.every(hasType) && question.scopes.every(hasScope)
}

/** Numbers a device's messages, so that a listener can order them (WS-Discovery, Appendix I). */
export interface Sequence {
  readonly instance: number
  readonly message: number
  readonly messageId: string
}

export function probeMatches(device: Announcement, relatesTo: string, sequence: Sequence): string {
  const match = `<d:ProbeMatch>${describe(device)}</d:ProbeMatch>`
  return envelope('ProbeMatches', ANONYMOUS, sequence, `<d:ProbeMatches>${match}</d:ProbeMatches>`, relatesTo)
}

/** WS-Discovery 6.3. */
export function resolveMatches(device: Announcement, relatesTo: string, sequence: Sequence): string {
  const match = `<d:ResolveMatch>${describe(device)}</d:ResolveMatch>`
  return envelope('ResolveMatches', ANONYMOUS, sequence, `<d:ResolveMatches>${match}</d:ResolveMatches>`, relatesTo)
}

export function hello(device: Announcement, sequence: Sequence): string {
  return envelope('Hello', EVERYONE, sequence, `<d:Hello>${describe(device)}</d:Hello>`)
}

export function bye(device: Announcement, sequence: Sequence): string {
  return envelope('Bye', EVERYONE, sequence, `<d:Bye>${reference(device)}</d:Bye>`)
}

function reference(device: Announcement): string {
  return `<a:EndpointReference><a:Address>${escapeXml(device.endpoint)}</a:Address></a:EndpointReference>`
}

function describe(device: Announcement): string {
  return (
    reference(device) +
    `<d:Types>${TYPES.map((type) => `${type.prefix}:${type.local}`).join(' ')}</d:Types>` +
    `<d:Scopes>${escapeXml(device.scopes.join(' '))}</d:Scopes>` +
    `<d:XAddrs>${escapeXml(device.xaddrs.join(' '))}</d:XAddrs>` +
    '<d:MetadataVersion>1</d:MetadataVersion>'
  )
}

function envelope(action: string, to: string, sequence: Sequence, body: string, relatesTo?: string): string {
  const types = TYPES.map((type) => ` xmlns:${type.prefix}="${type.namespace}"`).join('')
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<s:Envelope xmlns:s="${SOAP}" xmlns:a="${ADDRESSING}" xmlns:d="${DISCOVERY}"${types}><s:Header>` +
    `<a:MessageID>${sequence.messageId}</a:MessageID>` +
    (relatesTo === undefined ? '' : `<a:RelatesTo>${escapeXml(relatesTo)}</a:RelatesTo>`) +
    `<a:To>${to}</a:To><a:Action>${DISCOVERY}/${action}</a:Action>` +
    `<d:AppSequence InstanceId="${sequence.instance}" MessageNumber="${sequence.message}"/>` +
    `</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  )
}
