import { randomUUID } from 'node:crypto'
import type { FaultName } from '../faults/fault.ts'
import type { FaultSwitches } from '../faults/switches.ts'
import type { Announcement } from './messages.ts'

/** An address that belongs to nobody (RFC 5737). */
const ELSEWHERE = '192.0.2.1'

type Announcing = (device: Announcement) => Announcement

function readdressed(change: (xaddr: URL) => string): Announcing {
  return (device) => ({ ...device, xaddrs: device.xaddrs.map((xaddr) => change(new URL(xaddr))) })
}

/** What a camera says of itself, wrongly. */
const ANNOUNCED: Partial<Record<FaultName, Announcing>> = {
  'discovery-no-scopes': (device) => ({ ...device, scopes: [] }),
  'discovery-no-xaddrs': (device) => ({ ...device, xaddrs: [] }),
  'xaddr-wrong-host': readdressed((url) => Object.assign(url, { hostname: ELSEWHERE }).href),
  'xaddr-zero': readdressed((url) => Object.assign(url, { hostname: '0.0.0.0' }).href),
  'xaddr-wrong-port': readdressed((url) => Object.assign(url, { port: '9' }).href),
  'xaddr-https': readdressed((url) => url.href.replace(/^http:/, 'https:')),
  'xaddr-ipv6-first': (device) => ({
    ...device,
    xaddrs: ['http://[fe80::1]/onvif/device_service', ...device.xaddrs],
  }),
  'endpoint-changing': (device) => ({ ...device, endpoint: `urn:uuid:${randomUUID()}` }),
}

type Writing = (text: string, value: number) => string

const MATCH = /<d:ProbeMatch>.*<\/d:ProbeMatch>/s

/** How an answer is written, wrongly. */
const WRITTEN: Partial<Record<FaultName, Writing>> = {
  'discovery-no-scopes': (text) => text.replace(/<d:Scopes>.*?<\/d:Scopes>/s, ''),
  'discovery-no-types': (text) => text.replace(/<d:Types>.*?<\/d:Types>/s, ''),
  'discovery-no-xaddrs': (text) => text.replace(/<d:XAddrs>.*?<\/d:XAddrs>/s, ''),
  'discovery-empty': (text) => text.replace(MATCH, ''),
  'discovery-several': (text, count) => text.replace(MATCH, (match) => severalOf(match, count)),
  'discovery-undeclared-prefix': (text) => text.replaceAll('a:EndpointReference', 'wsadis:EndpointReference'),
  'discovery-unrelated': (text) => text.replace(/(RelatesTo>)[^<]*/, `$1urn:uuid:${randomUUID()}`),
  'endpoint-missing': (text) => text.replace(/<a:EndpointReference>.*?<\/a:EndpointReference>/s, ''),
  'xaddr-newlines': (text) =>
    text.replace(/(<d:XAddrs>)(\S+?)(<)/, `$1\n$2\nhttp://${ELSEWHERE}/onvif/device_service\n$3`),
  'discovery-huge': (text, kilobytes) =>
    text.replace('</d:Scopes>', `${' onvif://www.onvif.org/x'.repeat((kilobytes * 1024) / 24)}</d:Scopes>`),
}

function severalOf(match: string, count: number): string {
  const others = Array.from({ length: Math.max(0, Math.min(count, 20) - 1) }, (_, i) =>
    match
      .replace(/urn:uuid:[^<]+/, `urn:uuid:00000000-0000-4000-8000-${String(i + 1).padStart(12, '0')}`)
      .replace(/(<d:XAddrs>)[^<]*/, `$1http://${ELSEWHERE}/onvif/device_service`),
  )
  return [match, ...others].join('')
}

type Sending = (datagrams: readonly Buffer[], value: number) => readonly Buffer[]

/** The most that fits into one IPv4 datagram. */
const DATAGRAM_BYTES_MAX = 65_507

/** What goes out, wrongly. */
const SENT: Partial<Record<FaultName, Sending>> = {
  'discovery-silent': () => [],
  'discovery-garbage': () => [Buffer.from([0, 255, 254, 60, 0, 63, 120, 13, 10])],
  'discovery-truncated': (datagrams) => datagrams.map((datagram) => datagram.subarray(0, datagram.length / 2)),
  'discovery-duplicate': (datagrams, count) =>
    datagrams.flatMap((datagram) => Array<Buffer>(Math.min(count, 50)).fill(datagram)),
}

/** What a camera says of itself, faults included. */
export function announced(device: Announcement, faults: FaultSwitches): Announcement {
  return [...faults.active(ANNOUNCED)].reduce((said, [change]) => change(said), device)
}

/** The datagrams that an answer goes out as, faults included. */
export function datagramsFor(text: string, faults: FaultSwitches): readonly Buffer[] {
  const written = [...faults.active(WRITTEN)].reduce((before, [change, value]) => change(before, value), text)
  const first: readonly Buffer[] = [Buffer.from(written).subarray(0, DATAGRAM_BYTES_MAX)]
  return [...faults.active(SENT)].reduce((before, [change, value]) => change(before, value), first)
}
