import type { PacketSink } from './sender.ts'

/** What a client's Transport header asks for: packets in the RTSP connection, or to its UDP ports. */
export type TransportChoice =
  | { readonly kind: 'interleaved'; readonly channel: number | undefined }
  | { readonly kind: 'udp'; readonly rtpPort: number; readonly rtcpPort: number }

/** An open way to the client. */
export interface PacketTransport extends PacketSink {
  /** What the answer to SETUP says of it, without the ssrc. */
  readonly header: string
  /** Whether it stays open when the RTSP connection is gone. */
  readonly outlivesConnection: boolean
  close(): void
}

const CHOICES_MAX = 8

/**
 * The first of a Transport header's choices that can be served, or none (RFC 2326, 12.39).
 * A destination other than `client` is refused: whoever may log in must not aim a camera's video at others.
 */
export function chooseTransport(header: string, client: string): TransportChoice | undefined {
  for (const text of header.split(',').slice(0, CHOICES_MAX)) {
    const choice = readChoice(text, client)
    if (choice) return choice
  }
  return undefined
}

function readChoice(text: string, client: string): TransportChoice | undefined {
  const [protocol = '', ...parameters] = text.split(';').map((part) => part.trim())
  const parameter = (name: string) =>
    parameters.find((part) => part.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
  const isPlay = /^"?play"?$/i.test(parameter('mode') ?? 'play')
  if (!isPlay || parameters.some((part) => part.toLowerCase() === 'multicast')) return undefined
  if (protocol.toUpperCase() === 'RTP/AVP/TCP') {
    const asked = parameter('interleaved')
    if (asked === undefined) return { kind: 'interleaved', channel: undefined }
    const channel = Number(/^(\d{1,3})(-\d{1,3})?$/.exec(asked)?.[1] ?? Number.NaN)
    return channel <= 254 ? { kind: 'interleaved', channel } : undefined
  }
  if (!/^RTP\/AVP(\/UDP)?$/i.test(protocol) || (parameter('destination') ?? client) !== client) return undefined
  const [, rtp, rtcp] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(parameter('client_port') ?? '') ?? []
  const rtpPort = Number(rtp)
  const rtcpPort = Number(rtcp ?? rtpPort + 1)
  return isPort(rtpPort) && isPort(rtcpPort) ? { kind: 'udp', rtpPort, rtcpPort } : undefined
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535
}
