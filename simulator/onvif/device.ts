import { escapeXml } from '../discovery/xml.ts'
import { dateTimeOperations } from './date-time.ts'
import type { CameraFacts, Operations } from './facts.ts'
import { networkOperations } from './network.ts'
import { networkChanges } from './network-changes.ts'
import { relayOperations } from './relays.ts'
import { scopeOperations } from './scopes.ts'
import { serviceOperations } from './services.ts'
import { systemOperations } from './system.ts'
import { userOperations } from './user-operations.ts'

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
    ...networkChanges(facts),
    ...dateTimeOperations(facts),
    ...userOperations(facts),
  }
}
