/** One captured packet, as far as the leak test looks into it. */
export interface Packet {
  readonly from: string
  readonly to: string
  readonly protocol: 'tcp' | 'udp' | 'arp' | 'other'
  readonly fromPort: number
  readonly toPort: number
  /** TCP's sequence number of the first payload byte. */
  readonly seq: number
  readonly syn: boolean
  readonly payload: Buffer
}

const PCAP_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
const LITTLE_ENDIAN = 0xa1b2c3d4
const ETHERNET = 1

/** The packets of a capture file of tcpdump (pcap, Ethernet, of a machine of either byte order). @throws Error for any other */
export function packetsIn(file: Buffer): Packet[] {
  const isLittle = file.readUInt32LE(0) === LITTLE_ENDIAN
  const word = (at: number) => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at))
  if (word(0) !== LITTLE_ENDIAN || word(20) !== ETHERNET) throw new Error('This is no capture of an Ethernet interface')
  const packets: Packet[] = []
  for (let at = PCAP_HEADER_BYTES; at + RECORD_HEADER_BYTES <= file.length; ) {
    const [captured, whole] = [word(at + 8), word(at + 12)]
    if (captured < whole) throw new Error('The capture has cut packets: it could hide what is looked for')
    const frame = file.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + captured)
    packets.push(ethernet(frame))
    at += RECORD_HEADER_BYTES + captured
  }
  return packets
}

const NO_PORTS = { fromPort: 0, toPort: 0, seq: 0, syn: false }

function ethernet(frame: Buffer): Packet {
  const type = frame.length >= 14 ? frame.readUInt16BE(12) : 0
  const rest = frame.subarray(14)
  if (type === 0x0800) return ipv4(rest)
  if (type === 0x86dd) return ipv6(rest)
  if (type === 0x0806) {
    const [from, to] = [rest.subarray(14, 18).join('.'), rest.subarray(24, 28).join('.')]
    return { from, to, protocol: 'arp', ...NO_PORTS, payload: rest }
  }
  const mac = (at: number) => frame.toString('hex', at, at + 6)
  return { from: mac(6), to: mac(0), protocol: 'other', ...NO_PORTS, payload: rest }
}

function ipv4(packet: Buffer): Packet {
  const headerBytes = ((packet[0] ?? 0) & 15) * 4
  const [from, to] = [packet.subarray(12, 16).join('.'), packet.subarray(16, 20).join('.')]
  // The Ethernet frame may be padded; a length of 0 is a large one that the interface would have cut up.
  const length = packet.readUInt16BE(2) || packet.length
  return transport({ from, to }, packet[9] ?? 0, packet.subarray(headerBytes, length))
}

function ipv6(packet: Buffer): Packet {
  const words = (at: number) => packet.toString('hex', at, at + 16).replaceAll(/(.{4})(?=.)/g, '$1:')
  return transport({ from: words(8), to: words(24) }, packet[6] ?? 0, packet.subarray(40))
}

function transport(ends: { from: string; to: string }, protocol: number, segment: Buffer): Packet {
  const isTcp = protocol === 6 && segment.length >= 20
  if (!isTcp && protocol !== 17) return { ...ends, protocol: 'other', ...NO_PORTS, payload: segment }
  const ports = { fromPort: segment.readUInt16BE(0), toPort: segment.readUInt16BE(2) }
  if (!isTcp) return { ...ends, protocol: 'udp', ...ports, seq: 0, syn: false, payload: segment.subarray(8) }
  const headerBytes = ((segment[12] ?? 0) >> 4) * 4
  const syn = ((segment[13] ?? 0) & 2) !== 0
  const seq = segment.readUInt32BE(4) + (syn ? 1 : 0)
  return { ...ends, protocol: 'tcp', ...ports, seq, syn, payload: segment.subarray(headerBytes) }
}
