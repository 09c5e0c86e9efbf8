import { escapeXml } from '../discovery/xml.ts'
import { clockFace } from './clock-face.ts'
import type { CameraFacts, Operations } from './facts.ts'
import { networkOperations } from './network.ts'
import { relayOperations } from './relays.ts'
import { scopeOperations } from './scopes.ts'
import { serviceOperations } from './services.ts'
import { systemOperations } from './system.ts'

/** ONVIF's access class PRE_AUTH: what anyone may ask (ONVIF Core 5.9.4.1). */
export const PRE_AUTH_OPERATIONS: ReadonlySet<string> = new Set([
  'GetSystemDateAndTime',
  'GetServices',
  'GetCapabilities',
  'GetServiceCapabilities',
  'GetHostname',
  'GetEndpointReference',
])

/** The device service (ONVIF Core 8). */
export function deviceOperations(facts: CameraFacts): Operations {
  const { profile } = facts
  return {
    GetSystemDateAndTime: () => systemDateAndTime(facts),
    GetDeviceInformation: () =>
      '<tds:GetDeviceInformationResponse>' +
      `<tds:Manufacturer>${escapeXml(profile.manufacturer)}</tds:Manufacturer>` +
      `<tds:Model>${escapeXml(profile.model)}</tds:Model>` +
      `<tds:FirmwareVersion>${escapeXml(profile.firmware)}</tds:FirmwareVersion>` +
      `<tds:SerialNumber>${escapeXml(facts.identity.serial)}</tds:SerialNumber>` +
      `<tds:HardwareId>${escapeXml(profile.hardwareId)}</tds:HardwareId></tds:GetDeviceInformationResponse>`,
    GetEndpointReference: () =>
      `<tds:GetEndpointReferenceResponse><tds:GUID>${facts.identity.endpoint}</tds:GUID></tds:GetEndpointReferenceResponse>`,
    ...serviceOperations(facts),
    ...scopeOperations(facts),
    ...systemOperations(facts),
    ...relayOperations(facts),
    ...networkOperations(facts),
  }
}

function systemDateAndTime(facts: CameraFacts): string {
  const { posix, offsetMinutes } = facts.profile.timeZone
  const utc = facts.cameraNow()
  return (
    '<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>' +
    `<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>${posix}</tt:TZ></tt:TimeZone>` +
    `<tt:UTCDateTime>${clockFace(utc)}</tt:UTCDateTime>` +
    `<tt:LocalDateTime>${clockFace(utc + offsetMinutes * 60_000)}</tt:LocalDateTime>` +
    '</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>'
  )
}
