import type { FaultName } from '../../faults/fault.ts'
import type { FaultSwitches } from '../../faults/switches.ts'

const NTP_SECONDS_AT = 8
const SENDER_REPORT = 200

/** What becomes of an RTCP packet: another, or none. */
const REPORTS: Partial<Record<FaultName, (packet: Buffer, value: number) => Buffer | undefined>> = {
  'rtcp-none': () => undefined,
  'rtcp-ntp-wrong': (packet, seconds) => {
    if (packet[1] !== SENDER_REPORT) return packet
    const changed = Buffer.from(packet)
    changed.writeUInt32BE((packet.readUInt32BE(NTP_SECONDS_AT) + Math.round(seconds)) >>> 0, NTP_SECONDS_AT)
    return changed
  },
  'rtcp-truncated': (packet) => packet.subarray(0, 8),
}

export function reportWrongly(packet: Buffer, faults: FaultSwitches): Buffer | undefined {
  let told: Buffer | undefined = packet
  for (const [change, value] of faults.active(REPORTS)) told = told && change(told, value)
  return told
}
