import type { Packet } from './packets.ts'

/** What one direction of one conversation carried, in order. */
export interface Flow {
  readonly to: string
  readonly toPort: number
  readonly bytes: Buffer
}

/** Puts TCP segments together, sent twice or out of order as they may be; everything else is taken packet by packet. */
export function flowsIn(packets: readonly Packet[]): Flow[] {
  const flows: Flow[] = []
  const conversations = new Map<string, Packet[]>()
  const end = (key: string) => {
    const flow = joined(conversations.get(key) ?? [])
    if (flow) flows.push(flow)
    conversations.delete(key)
  }
  for (const packet of packets) {
    const { from, fromPort, to, toPort, protocol, payload, syn } = packet
    if (protocol !== 'tcp') flows.push({ to, toPort, bytes: payload })
    else {
      const key = `${from}:${fromPort} ${to}:${toPort}`
      // A port that is used again begins another conversation.
      if (syn) end(key)
      const segments = conversations.get(key) ?? []
      segments.push(packet)
      conversations.set(key, segments)
    }
  }
  for (const key of [...conversations.keys()]) end(key)
  return flows
}

function joined(segments: readonly Packet[]): Flow | undefined {
  const [first] = segments
  if (!first) return undefined
  // Sequence numbers go round: what counts is how far they are from the first one's.
  const distance = (seq: number) => ((seq - first.seq + 2 ** 31) >>> 0) - 2 ** 31
  const inOrder = segments
    .filter(({ payload }) => payload.length > 0)
    .toSorted((a, b) => distance(a.seq) - distance(b.seq))
  const parts: Buffer[] = []
  let nextAt = Number.NEGATIVE_INFINITY
  for (const { seq, payload } of inOrder) {
    const at = distance(seq)
    parts.push(payload.subarray(Math.max(0, Math.min(payload.length, nextAt - at))))
    nextAt = Math.max(nextAt, at + payload.length)
  }
  return { to: first.to, toPort: first.toPort, bytes: Buffer.concat(parts) }
}

/** The canary as it is, and as it would look in base64 wherever it began, and in hexadecimal. */
export function disguises(canary: Buffer): Buffer[] {
  const inBase64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), canary]).toString('base64')
    // Characters that other bytes have a part in say nothing.
    return Buffer.from(text.slice([0, 2, 3][shift], Math.floor(((shift + canary.length) * 8) / 6)))
  })
  const url = inBase64.map((text) => Buffer.from(text.toString().replaceAll('+', '-').replaceAll('/', '_')))
  return [canary, Buffer.from(canary.toString('hex')), ...inBase64, ...url]
}

/** How often any of these byte strings occurs. */
export function occurrences(flows: readonly Flow[], needles: readonly Buffer[]): number {
  let count = 0
  for (const { bytes } of flows) {
    for (const needle of new Map(needles.map((each) => [each.toString('latin1'), each])).values()) {
      for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) count += 1
    }
  }
  return count
}

/** Bodies of uploads (tus 1.0.0, PATCH), by the address that they went to: how long they are together. */
export function uploadsIn(flows: readonly Flow[]): number[] {
  const uploads = new Map<string, number>()
  for (const { bytes } of flows) {
    for (let at = bytes.indexOf('PATCH /'); at >= 0; at = bytes.indexOf('PATCH /', at + 1)) {
      const bodyAt = bytes.indexOf('\r\n\r\n', at) + 4
      const head = bytes.toString('latin1', at, Math.max(at, bodyAt))
      const [path] = /^PATCH (\S+) HTTP\/1\.1\r\n/.exec(head)?.slice(1) ?? []
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      if (path === undefined) continue
      uploads.set(path, (uploads.get(path) ?? 0) + length)
    }
  }
  return [...uploads.values()]
}

/**
 * Where packets went that is not allowed, `address:port` or the address alone, and how many: whatever does not come from the
 * other end of the cable came from the house, whichever address it names as its own.
 */
export function strangers(
  packets: readonly Packet[],
  otherEnd: string,
  allowed: readonly string[],
): Map<string, number> {
  const found = new Map<string, number>()
  for (const { from, to, toPort, protocol } of packets) {
    if (from === otherEnd) continue
    const place = protocol === 'tcp' ? `${to}:${toPort}` : `${protocol} ${to}`
    if (!allowed.includes(place)) found.set(place, (found.get(place) ?? 0) + 1)
  }
  return found
}

/** How many connections were begun to this port. */
export const dialled = (packets: readonly Packet[], otherEnd: string, port: number): number =>
  packets.filter(({ from, toPort, syn }) => from !== otherEnd && syn && toPort === port).length
