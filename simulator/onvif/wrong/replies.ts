import { gzipSync } from 'node:zlib'
import type { FaultName } from '../../faults/fault.ts'
import type { FaultSwitches } from '../../faults/switches.ts'
import { type Reply, replyWith } from '../reply.ts'

type Replying = (reply: Reply, value: number) => Reply

/** Of what kind an answer is, so that a fault of snapshots leaves SOAP alone. */
export type ReplyKind = 'soap' | 'snapshot' | 'other'

const PAGE = '<!DOCTYPE html>\n<html><head><title>Camera</title></head><body><h1>Welcome</h1><br></body></html>'
const XML = /^<\?xml [^>]*\?>/
const BODY = /(<env:Body>)([\s\S]*)(<\/env:Body>)/

const text = (change: (text: string, value: number) => string): Replying => {
  return (reply, value) => ({ ...reply, body: Buffer.from(change(reply.body.toString('utf8'), value)) })
}
const bytes = (change: (body: Buffer, value: number) => Buffer): Replying => {
  return (reply, value) => ({ ...reply, body: change(reply.body, value) })
}

const SOAP: Partial<Record<FaultName, Replying>> = {
  'xml-malformed': text((xml) => xml.replace('</env:Body>', '')),
  'xml-undeclared-prefix': text((xml) => xml.replace(BODY, '$1$2<tad:Extra/>$3')),
  'xml-wrong-namespace': text((xml) =>
    xml.replace(/http:\/\/www\.onvif\.org\/ver(10|20)\//g, 'http://www.example.org/ver$1/'),
  ),
  'xml-bom': bytes((body) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body])),
  'xml-wrong-charset': text((xml) => xml.replace('encoding="UTF-8"', 'encoding="UTF-16"')),
  'xml-latin1': bytes((body) => Buffer.from(body.toString('utf8').replace(BODY, '$1<!--\u00e9-->$2$3'), 'latin1')),
  'xml-control-characters': text((xml) => xml.replace(/([^<>])<\//, '$1\u0007\u0000</')),
  'xml-huge': text((xml, kilobytes) =>
    xml.replace('</env:Body>', `<!--${'padding '.repeat(kilobytes * 128)}--></env:Body>`),
  ),
  'xml-deep': text((xml, count) =>
    xml.replace(BODY, `$1$2${'<tt:Extension>'.repeat(count)}${'</tt:Extension>'.repeat(count)}$3`),
  ),
  'xml-entities': text((xml) =>
    xml.replace(XML, (head) => head + ENTITIES).replace(BODY, '$1$2<tt:Extension>&e9;</tt:Extension>$3'),
  ),
  'xml-leading-junk': text((xml) => `\r\n\r\n ${xml}`),
  'xml-trailing-junk': text((xml) => `${xml}\u0000\u0000<env:Envelope>`),
  'soap-1.1': (reply, value) => ({
    ...text((xml) =>
      xml.replaceAll('http://www.w3.org/2003/05/soap-envelope', 'http://schemas.xmlsoap.org/soap/envelope/'),
    )(reply, value),
    type: 'text/xml; charset=utf-8',
  }),
  'soap-fault-200': (reply) => (reply.status >= 400 && reply.status !== 401 ? { ...reply, status: 200 } : reply),
  'soap-body-empty': text((xml) => xml.replace(BODY, '$1$3')),
  'http-body-empty': bytes(() => Buffer.alloc(0)),
  'html-200': () => replyWith(200, 'text/html', PAGE),
  'content-type-wrong': (reply) => ({ ...reply, type: 'text/plain' }),
  'gzip-unasked': (reply) => ({
    ...reply,
    body: gzipSync(reply.body),
    headers: { ...reply.headers, 'Content-Encoding': 'gzip' },
  }),
}

/** Each entity is ten of the one before: a few bytes become gigabytes. */
const ENTITIES = `<!DOCTYPE env [<!ENTITY e0 "x">${Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join('')}]>`

const SNAPSHOTS: Partial<Record<FaultName, Replying>> = {
  'snapshot-404': () => replyWith(404, 'text/html', PAGE),
  'snapshot-html': () => replyWith(200, 'image/jpeg', PAGE),
  'snapshot-empty': bytes(() => Buffer.alloc(0)),
  'snapshot-truncated': bytes((jpeg) => jpeg.subarray(0, jpeg.length / 2)),
  'snapshot-huge': bytes((jpeg, kilobytes) =>
    Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(kilobytes * 1024), jpeg.subarray(-2)]),
  ),
}

const ANY: Partial<Record<FaultName, Replying>> = {
  'busy-503': () => replyWith(503, 'text/html', PAGE, { 'Retry-After': '30' }),
  'always-403': () => replyWith(403, 'text/html', PAGE),
  'redirect-elsewhere': () => replyWith(301, 'text/html', PAGE, { Location: 'http://192.0.2.1/onvif/device_service' }),
  'challenge-missing': (reply) => {
    const { 'WWW-Authenticate': _, ...headers } = reply.headers
    return { ...reply, headers }
  },
}

const TABLES = { soap: { ...SOAP, ...ANY }, snapshot: { ...SNAPSHOTS, ...ANY }, other: ANY }

/** An answer as it is sent, faults included. */
export function replyWrongly(reply: Reply, kind: ReplyKind, faults: FaultSwitches): Reply {
  // Only a picture can be spoilt as a picture: a refused snapshot is a page already.
  const table = kind === 'snapshot' && reply.status !== 200 ? ANY : TABLES[kind]
  return [...faults.active(table)].reduce((before, [change, value]) => change(before, value), reply)
}
