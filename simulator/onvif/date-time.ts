import { child, descend, escapeXml, type XmlElement } from '../discovery/xml.ts'
import { clockFace } from './clock-face.ts'
import type { ClockSettings } from './clock-settings.ts'
import type { CameraFacts, Operations } from './facts.ts'
import { invalidArgument, type SoapRequest } from './soap.ts'

/** The device service's clock (ONVIF Core 8.3.5, 8.3.6). */
export function dateTimeOperations(facts: CameraFacts): Operations {
  return {
    GetSystemDateAndTime: () => systemDateAndTime(facts),
    SetSystemDateAndTime: (request) => {
      facts.settings.clock = changed(facts, request)
      return '<tds:SetSystemDateAndTimeResponse/>'
    },
  }
}

function systemDateAndTime(facts: CameraFacts): string {
  const { type, daylightSavings, zone } = facts.settings.clock
  const { posix, offsetMinutes } = zone ?? facts.profile.timeZone
  const utc = facts.cameraNow()
  const local = utc + (offsetMinutes + (daylightSavings ? 60 : 0)) * 60_000
  return (
    `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>${type}</tt:DateTimeType>` +
    `<tt:DaylightSavings>${daylightSavings}</tt:DaylightSavings><tt:TimeZone><tt:TZ>${escapeXml(posix)}</tt:TZ></tt:TimeZone>` +
    `<tt:UTCDateTime>${clockFace(utc)}</tt:UTCDateTime>` +
    `<tt:LocalDateTime>${clockFace(local)}</tt:LocalDateTime>` +
    '</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>'
  )
}

/** Throws SoapFault, before anything is changed, where zone or date are none. */
function changed(facts: CameraFacts, request: SoapRequest): ClockSettings {
  const before = facts.settings.clock
  const type = child(request.body, 'DateTimeType')?.text
  if (type !== 'Manual' && type !== 'NTP')
    throw invalidArgument('ter:InvalidDateTime', 'The DateTimeType is Manual or NTP')
  const posix = descend(request.body, 'TimeZone', 'TZ')?.text
  const zone = posix === undefined ? before.zone : { posix, offsetMinutes: offsetOf(posix) }
  const daylightSavings = child(request.body, 'DaylightSavings')?.text === 'true'
  if (type === 'NTP') return { type, daylightSavings, zone, aheadMs: 0 }
  const given = child(request.body, 'UTCDateTime')
  const aheadMs = given ? momentOf(given) - (facts.cameraNow() - before.aheadMs) : before.aheadMs
  return { type, daylightSavings, zone, aheadMs }
}

const POSIX_ZONE = /^(?:[A-Za-z]{3,}|<[\w+-]{3,}>)([+-]?\d{1,2})(?::(\d{2}))?(?::\d{2})?(?:[A-Za-z<].*)?$/

/** A POSIX time zone's minutes ahead of UTC: POSIX counts westwards (IEEE 1003.1, 8.3). Throws SoapFault where it is none. */
function offsetOf(posix: string): number {
  const [, hours, minutes = '0'] = POSIX_ZONE.exec(posix) ?? []
  if (hours === undefined || posix.length > 64)
    throw invalidArgument('ter:InvalidTimeZone', `"${posix.slice(0, 64)}" is no POSIX time zone`)
  const west = Math.abs(Number(hours)) * 60 + Number(minutes)
  return hours.startsWith('-') || west === 0 ? west : -west
}

function momentOf(given: XmlElement): number {
  const read = (group: string, name: string) => Number(descend(given, group, name)?.text || Number.NaN)
  const [year, month, day] = ['Year', 'Month', 'Day'].map((name) => read('Date', name))
  const [hour, minute, second] = ['Hour', 'Minute', 'Second'].map((name) => read('Time', name))
  const time = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second)
  const isReal = new Date(time).getUTCDate() === day && new Date(time).getUTCHours() === hour
  if (!isReal || (year ?? 0) < 1970 || (year ?? 0) > 2037)
    throw invalidArgument('ter:InvalidDateTime', 'There is no such date and time')
  return time
}
