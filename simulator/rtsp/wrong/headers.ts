import type { FaultName } from '../../faults/fault.ts'
import { every, FIXED_HEADER_BYTES, type MakeRule, type Packet, type PacketRule, patched } from './packet.ts'

const JUMP_AFTER_S = 1
const SEQUENCE_JUMP = 1000
const MARKER = 0x80
const PADDING = Buffer.from([0, 0, 0, 4])
/** ONVIF's replay extension, three words long (ONVIF Streaming, 6.3), at no time. */
const EXTENSION = Buffer.from('abac0003000000000000000000000000', 'hex')
const CONTRIBUTORS = Buffer.from('0a0a0a0a0b0b0b0b', 'hex')

const patching = (patch: (head: Buffer) => void): MakeRule => {
  return () => (packet) => [patched(packet, patch)]
}

/** Adds an offset to the timestamp, round its end. */
function shifted(packet: Packet, ticks: number): Packet {
  return patched(packet, (head) => head.writeUInt32BE(wrapped(head.readUInt32BE(4) + ticks), 4))
}

function wrapped(ticks: number): number {
  return ((Math.round(ticks) % 2 ** 32) + 2 ** 32) % 2 ** 32
}

function inserted({ head, payload }: Packet, at: number, bytes: Buffer, flags: number): Packet {
  const longer = Buffer.concat([head.subarray(0, at), bytes, head.subarray(at)])
  longer[0] = (longer[0] ?? 0) | flags
  return { head: longer, payload }
}

function jumpOnce(): PacketRule {
  const jumpIsDue = every()
  const jump = { isDone: false }
  return (packet, { nowMs, clockHz, value }) => {
    jump.isDone ||= jumpIsDue(JUMP_AFTER_S, nowMs)
    return [jump.isDone ? shifted(packet, value * clockHz) : packet]
  }
}

/** Goes on from the first timestamp, at another pace. */
function otherClock(): PacketRule {
  const first: { ticks?: number } = {}
  return (packet, { clockHz, value }) => {
    const ticks = packet.head.readUInt32BE(4)
    first.ticks ??= ticks
    const passed = wrapped(ticks - first.ticks)
    return [shifted(packet, (passed * value) / clockHz - passed)]
  }
}

function jumpSequence(): PacketRule {
  const isDue = every()
  const ahead = { by: 0 }
  return (packet, { nowMs, value }) => {
    if (isDue(value, nowMs)) ahead.by += SEQUENCE_JUMP
    return [patched(packet, (head) => head.writeUInt16BE((head.readUInt16BE(2) + ahead.by) % 2 ** 16, 2))]
  }
}

function changeSource(): PacketRule {
  const isDue = every()
  const source = { changes: 0 }
  return (packet, { nowMs, value }) => {
    if (isDue(value, nowMs)) source.changes++
    return [patched(packet, (head) => head.writeUInt32BE((head.readUInt32BE(8) + source.changes) % 2 ** 32, 8))]
  }
}

/** What is wrong with packets' headers. */
export const HEADERS: Partial<Record<FaultName, MakeRule>> = {
  'rtp-sequence-jump': jumpSequence,
  'rtp-timestamp-jump': jumpOnce,
  'rtp-timestamp-frozen': () => {
    const first: { ticks?: number } = {}
    return (packet) => {
      const ticks = first.ticks ?? packet.head.readUInt32BE(4)
      first.ticks = ticks
      return [patched(packet, (head) => head.writeUInt32BE(ticks, 4))]
    }
  },
  'rtp-clock-rate': otherClock,
  'rtp-ssrc-change': changeSource,
  'rtp-marker-missing': patching((head) => head.writeUInt8(head.readUInt8(1) & ~MARKER, 1)),
  'rtp-marker-always': patching((head) => head.writeUInt8(head.readUInt8(1) | MARKER, 1)),
  'rtp-payload-type-wrong': patching((head) => {
    const byte = head.readUInt8(1)
    head.writeUInt8((byte & MARKER) | (((byte & 0x7f) + 11) & 0x7f), 1)
  }),
  'rtp-padding': () => (packet) => {
    const { head } = patched(packet, (copy) => copy.writeUInt8(copy.readUInt8(0) | 0x20, 0))
    return [{ head, payload: Buffer.concat([packet.payload, PADDING]) }]
  },
  'rtp-header-extension': () => (packet) => {
    const contributors = (packet.head.readUInt8(0) & 0x0f) * 4
    return [inserted(packet, FIXED_HEADER_BYTES + contributors, EXTENSION, 0x10)]
  },
  'rtp-csrc': () => (packet) => [inserted(packet, FIXED_HEADER_BYTES, CONTRIBUTORS, 2)],
}
