import { child, descend, escapeXml, parseXml, type XmlElement } from '../discovery/xml.ts'

export const NAMESPACES = {
  env: 'http://www.w3.org/2003/05/soap-envelope',
  wsa: 'http://www.w3.org/2005/08/addressing',
  xs: 'http://www.w3.org/2001/XMLSchema',
  tt: 'http://www.onvif.org/ver10/schema',
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tr2: 'http://www.onvif.org/ver20/media/wsdl',
  tev: 'http://www.onvif.org/ver10/events/wsdl',
  timg: 'http://www.onvif.org/ver20/imaging/wsdl',
  tptz: 'http://www.onvif.org/ver20/ptz/wsdl',
  trc: 'http://www.onvif.org/ver10/recording/wsdl',
  tse: 'http://www.onvif.org/ver10/search/wsdl',
  trp: 'http://www.onvif.org/ver10/replay/wsdl',
  tmd: 'http://www.onvif.org/ver10/deviceIO/wsdl',
  wsnt: 'http://docs.oasis-open.org/wsn/b-2',
  wstop: 'http://docs.oasis-open.org/wsn/t-1',
  'wsrf-rw': 'http://docs.oasis-open.org/wsrf/rw-2',
  xop: 'http://www.w3.org/2004/08/xop/include',
  xmime: 'http://www.w3.org/2005/05/xmlmime',
  tns1: 'http://www.onvif.org/ver10/topics',
  ter: 'http://www.onvif.org/ver10/error',
} as const

export interface SoapRequest {
  readonly operation: string
  readonly namespace: string
  readonly header: XmlElement | undefined
  readonly body: XmlElement
  readonly messageId: string | undefined
}

/** A fault as ONVIF Core 5.11.2 prescribes it; its HTTP status follows from its code (SOAP 1.2 Part 2, 7.5.2.2). */
export class SoapFault extends Error {
  override readonly name = 'SoapFault'
  readonly code: 'Sender' | 'Receiver'
  readonly subcodes: readonly string[]

  constructor(code: 'Sender' | 'Receiver', subcodes: readonly string[], reason: string) {
    super(reason)
    this.code = code
    this.subcodes = subcodes
  }

  get status(): number {
    return this.code === 'Sender' ? 400 : 500
  }
}

export const notAuthorized = () =>
  new SoapFault(
    'Sender',
    ['ter:NotAuthorized'],
    'The action requested requires authorization and the sender is not authorized',
  )

export const notSupported = () =>
  new SoapFault('Receiver', ['ter:ActionNotSupported'], 'Optional Action Not Implemented')

export const noSuchSubscription = () =>
  new SoapFault('Sender', ['wsrf-rw:ResourceUnknownFault'], 'The subscription does not exist or has ended')

export function prohibited(subcode: string, reason: string): SoapFault {
  return new SoapFault('Sender', ['ter:OperationProhibited', subcode], reason)
}

export function invalidArgument(subcode: string, reason: string): SoapFault {
  return new SoapFault('Sender', ['ter:InvalidArgVal', subcode], reason)
}

/** Reads a request envelope. Throws SoapFault where it is ill-formed or has no operation. */
export function parseRequest(text: string): SoapRequest {
  let envelope: XmlElement
  try {
    envelope = parseXml(text)
  } catch (cause) {
    throw new SoapFault('Sender', ['ter:WellFormed'], cause instanceof Error ? cause.message : 'Not well-formed')
  }
  const body = descend(envelope, 'Body')?.children[0]
  if (envelope.local !== 'Envelope' || !body)
    throw new SoapFault('Sender', ['ter:TagMismatch'], 'The request is no SOAP envelope with an operation in its body')
  const header = child(envelope, 'Header')
  return {
    operation: body.local,
    namespace: body.namespace,
    header,
    body,
    messageId: child(header, 'MessageID')?.text,
  }
}

export interface EnvelopeOptions {
  /** Prefixes to declare beside the usual ones. */
  readonly namespaces?: Readonly<Record<string, string>>
  readonly action?: string | undefined
  readonly relatesTo?: string | undefined
}

function declarations(namespaces: Readonly<Record<string, string>>): string {
  return Object.entries(namespaces)
    .map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
    .join('')
}

const USUAL_DECLARATIONS = declarations(NAMESPACES)

export function envelope(body: string, options: EnvelopeOptions = {}): string {
  const own = options.namespaces ?? {}
  const declared = Object.keys(own).length === 0 ? USUAL_DECLARATIONS : declarations({ ...NAMESPACES, ...own })
  const action = options.action === undefined ? '' : `<wsa:Action>${escapeXml(options.action)}</wsa:Action>`
  const relates = options.relatesTo ? `<wsa:RelatesTo>${escapeXml(options.relatesTo)}</wsa:RelatesTo>` : ''
  const header = action || relates ? `<env:Header>${action}${relates}</env:Header>` : ''
  return `<?xml version="1.0" encoding="UTF-8"?><env:Envelope${declared}>${header}<env:Body>${body}</env:Body></env:Envelope>`
}

export function faultBody(fault: SoapFault): string {
  const subcodes = fault.subcodes.reduceRight(
    (inner, value) => `<env:Subcode><env:Value>${value}</env:Value>${inner}</env:Subcode>`,
    '',
  )
  return (
    `<env:Fault><env:Code><env:Value>env:${fault.code}</env:Value>${subcodes}</env:Code>` +
    `<env:Reason><env:Text xml:lang="en">${escapeXml(fault.message)}</env:Text></env:Reason></env:Fault>`
  )
}
