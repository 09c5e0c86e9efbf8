import { child, descend, escapeXml } from '../discovery/xml.ts'
import { eventCapabilities, mediaCapabilities } from './capabilities.ts'
import { type CameraFacts, dateTime, httpUri, type Operations, scopesOf } from './facts.ts'
import { networkOperations } from './network.ts'
import { NAMESPACES, SoapFault } from './soap.ts'

/** ONVIF's access class PRE_AUTH: what anyone may ask (ONVIF Core 5.9.4.1). */
export const PRE_AUTH_OPERATIONS: ReadonlySet<string> = new Set([
  'GetSystemDateAndTime',
  'GetServices',
  'GetCapabilities',
  'GetServiceCapabilities',
  'GetHostname',
  'GetEndpointReference',
])

const VERSION = '<tt:Major>2</tt:Major><tt:Minor>60</tt:Minor>'

/** The device service (ONVIF Core 8). */
export function deviceOperations(facts: CameraFacts): Operations {
  const { profile, identity } = facts
  return {
    GetSystemDateAndTime: () => systemDateAndTime(facts),
    GetDeviceInformation: () =>
      '<tds:GetDeviceInformationResponse>' +
      `<tds:Manufacturer>${escapeXml(profile.manufacturer)}</tds:Manufacturer>` +
      `<tds:Model>${escapeXml(profile.model)}</tds:Model>` +
      `<tds:FirmwareVersion>${escapeXml(profile.firmware)}</tds:FirmwareVersion>` +
      `<tds:SerialNumber>${escapeXml(identity.serial)}</tds:SerialNumber>` +
      `<tds:HardwareId>${escapeXml(profile.hardwareId)}</tds:HardwareId></tds:GetDeviceInformationResponse>`,
    GetServices: (request) =>
      `<tds:GetServicesResponse>${services(facts, child(request.body, 'IncludeCapability')?.text === 'true')}</tds:GetServicesResponse>`,
    GetServiceCapabilities: () =>
      `<tds:GetServiceCapabilitiesResponse>${deviceCapabilities(facts)}</tds:GetServiceCapabilitiesResponse>`,
    GetCapabilities: (request) => capabilities(facts, child(request.body, 'Category')?.text ?? 'All'),
    GetEndpointReference: () =>
      `<tds:GetEndpointReferenceResponse><tds:GUID>${identity.endpoint}</tds:GUID></tds:GetEndpointReferenceResponse>`,
    GetScopes: () =>
      `<tds:GetScopesResponse>${scopesOf(facts)
        .map(
          ({ fixed, uri }) =>
            `<tds:Scopes><tt:ScopeDef>${fixed ? 'Fixed' : 'Configurable'}</tt:ScopeDef><tt:ScopeItem>${escapeXml(uri)}</tt:ScopeItem></tds:Scopes>`,
        )
        .join('')}</tds:GetScopesResponse>`,
    GetSystemLog: (request) => systemLog(facts, descend(request.body, 'LogType')?.text ?? 'System'),
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

function clockFace(timeMs: number): string {
  const t = new Date(timeMs)
  return (
    `<tt:Time><tt:Hour>${t.getUTCHours()}</tt:Hour><tt:Minute>${t.getUTCMinutes()}</tt:Minute><tt:Second>${t.getUTCSeconds()}</tt:Second></tt:Time>` +
    `<tt:Date><tt:Year>${t.getUTCFullYear()}</tt:Year><tt:Month>${t.getUTCMonth() + 1}</tt:Month><tt:Day>${t.getUTCDate()}</tt:Day></tt:Date>`
  )
}

function services(facts: CameraFacts, includeCapability: boolean): string {
  const { device, media, events } = facts.profile.paths
  const service = (namespace: string, path: string, capability: string) =>
    `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${escapeXml(httpUri(facts, path))}</tds:XAddr>` +
    (includeCapability ? `<tds:Capabilities>${capability}</tds:Capabilities>` : '') +
    `<tds:Version>${VERSION}</tds:Version></tds:Service>`
  // The prefix of the analytics device is used and never declared: this is what a strict parser stumbles over.
  const undeclared = facts.profile.undeclaredPrefix
    ? `<tds:Service><tds:Namespace>http://www.onvif.org/ver10/analyticsdevice/wsdl</tds:Namespace><tds:XAddr>${httpUri(facts, device)}</tds:XAddr>` +
      `<tds:Capabilities><tad:Capabilities RuleSupport="true"/></tds:Capabilities><tds:Version>${VERSION}</tds:Version></tds:Service>`
    : ''
  return (
    service(NAMESPACES.tds, device, deviceCapabilities(facts, 'tds:Capabilities')) +
    service(NAMESPACES.trt, media, mediaCapabilities(facts)) +
    service(NAMESPACES.tev, events, eventCapabilities(facts)) +
    undeclared
  )
}

function deviceCapabilities(facts: CameraFacts, element = 'tds:Capabilities'): string {
  const { auth, systemLog: log } = facts.profile
  return (
    `<${element}><tds:Network IPFilter="false" ZeroConfiguration="false" IPVersion6="false" DynDNS="false" NTP="1"/>` +
    `<tds:Security TLS1.2="false" UsernameToken="${auth.includes('username-token')}" HttpDigest="${auth.some((scheme) => scheme !== 'username-token')}" RELToken="false"/>` +
    `<tds:System DiscoveryResolve="false" DiscoveryBye="true" RemoteDiscovery="false" SystemBackup="false" SystemLogging="${log === 'text'}" FirmwareUpgrade="false"/></${element}>`
  )
}

const CATEGORIES = ['Device', 'Events', 'Media'] as const

function capabilities(facts: CameraFacts, category: string): string {
  const { device, media, events } = facts.profile.paths
  const parts = {
    Device:
      `<tt:Device><tt:XAddr>${httpUri(facts, device)}</tt:XAddr><tt:System><tt:DiscoveryResolve>false</tt:DiscoveryResolve>` +
      '<tt:DiscoveryBye>true</tt:DiscoveryBye><tt:RemoteDiscovery>false</tt:RemoteDiscovery><tt:SystemBackup>false</tt:SystemBackup>' +
      `<tt:SystemLogging>${facts.profile.systemLog === 'text'}</tt:SystemLogging><tt:FirmwareUpgrade>false</tt:FirmwareUpgrade>` +
      `<tt:SupportedVersions>${VERSION}</tt:SupportedVersions></tt:System></tt:Device>`,
    Events:
      `<tt:Events><tt:XAddr>${httpUri(facts, events)}</tt:XAddr><tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>` +
      `<tt:WSPullPointSupport>${facts.profile.announcesPullPoint}</tt:WSPullPointSupport>` +
      '<tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>',
    Media:
      `<tt:Media><tt:XAddr>${httpUri(facts, media)}</tt:XAddr><tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast>` +
      '<tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>',
  }
  const wanted = CATEGORIES.filter((one) => category === 'All' || category === one)
  if (wanted.length === 0)
    throw new SoapFault('Receiver', ['ter:ActionNotSupported', 'ter:NoSuchService'], `There is no ${category} service`)
  return `<tds:GetCapabilitiesResponse><tds:Capabilities>${wanted.map((one) => parts[one]).join('')}</tds:Capabilities></tds:GetCapabilitiesResponse>`
}

function systemLog(facts: CameraFacts, type: string): string {
  if (facts.profile.systemLog === 'unavailable')
    throw new SoapFault('Sender', ['ter:InvalidArgs', 'ter:SystemlogUnavailable'], 'No available system logs')
  const line = (afterMs: number, text: string) => `${dateTime(facts.startedMs + afterMs)} ${text}`
  const lines =
    type === 'Access'
      ? [line(41_000, 'access: login from 127.0.0.1 over ONVIF')]
      : [
          line(0, `kernel: ${facts.profile.model} ${facts.profile.firmware} booting`),
          line(2_400, `net: ${facts.profile.mac.interfaceName} link up 1000Mbps full duplex`),
          line(3_100, `net: address ${facts.address}`),
          line(6_700, 'ntp: clock synchronised'),
          line(9_000, 'video: encoder started H264 1280x720 15fps'),
        ]
  return `<tds:GetSystemLogResponse><tds:SystemLog><tt:String>${escapeXml(lines.join('\n'))}</tt:String></tds:SystemLog></tds:GetSystemLogResponse>`
}
