import { child, escapeXml } from '../discovery/xml.ts'
import { eventCapabilities, mediaCapabilities } from './capabilities.ts'
import { deviceIoCapabilities } from './device-io.ts'
import { type CameraFacts, httpUri, type Operations } from './facts.ts'
import { imagingCapabilities } from './imaging.ts'
import { media2Capabilities } from './media2.ts'
import { ptzCapabilities } from './ptz.ts'
import { recordingCapabilities, replayCapabilities } from './recordings.ts'
import { searchCapabilities } from './search.ts'
import { NAMESPACES, SoapFault } from './soap.ts'

const VERSION = '<tt:Major>2</tt:Major><tt:Minor>60</tt:Minor>'

interface Service {
  readonly namespace: string
  readonly path: string
  readonly capabilities: string
}

/** The services that a camera has, the device service first. */
function servicesOf(facts: CameraFacts): Service[] {
  const { paths, services } = facts.profile
  const optional = (path: string | undefined, namespace: string, capabilities: () => string): Service[] =>
    path === undefined ? [] : [{ namespace, path, capabilities: capabilities() }]
  return [
    { namespace: NAMESPACES.tds, path: paths.device, capabilities: deviceCapabilities(facts) },
    { namespace: NAMESPACES.trt, path: paths.media, capabilities: mediaCapabilities(facts) },
    { namespace: NAMESPACES.tev, path: paths.events, capabilities: eventCapabilities(facts) },
    ...optional(services.media2, NAMESPACES.tr2, () => media2Capabilities(facts)),
    ...optional(services.imaging, NAMESPACES.timg, imagingCapabilities),
    ...optional(services.ptz, NAMESPACES.tptz, ptzCapabilities),
    ...optional(services.recording, NAMESPACES.trc, () => recordingCapabilities(facts)),
    ...optional(services.search, NAMESPACES.tse, searchCapabilities),
    ...optional(services.deviceIo, NAMESPACES.tmd, () => deviceIoCapabilities(facts)),
    ...optional(services.replay, NAMESPACES.trp, replayCapabilities),
  ]
}

/** What the device service says about all services (ONVIF Core 8.1). */
export function serviceOperations(facts: CameraFacts): Operations {
  return {
    GetServices: (request) =>
      `<tds:GetServicesResponse>${services(facts, child(request.body, 'IncludeCapability')?.text === 'true')}</tds:GetServicesResponse>`,
    GetServiceCapabilities: () =>
      `<tds:GetServiceCapabilitiesResponse>${deviceCapabilities(facts)}</tds:GetServiceCapabilitiesResponse>`,
    GetCapabilities: (request) => capabilities(facts, child(request.body, 'Category')?.text ?? 'All'),
  }
}

function services(facts: CameraFacts, includeCapability: boolean): string {
  const rows = servicesOf(facts).map(
    ({ namespace, path, capabilities }) =>
      `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${escapeXml(httpUri(facts, path))}</tds:XAddr>` +
      (includeCapability ? `<tds:Capabilities>${capabilities}</tds:Capabilities>` : '') +
      `<tds:Version>${VERSION}</tds:Version></tds:Service>`,
  )
  return rows.join('')
}

function deviceCapabilities(facts: CameraFacts): string {
  const { auth, systemLog: log } = facts.profile
  return (
    '<tds:Capabilities><tds:Network IPFilter="false" ZeroConfiguration="false" IPVersion6="false" DynDNS="false" NTP="1"/>' +
    `<tds:Security TLS1.2="false" UsernameToken="${auth.includes('username-token')}" HttpDigest="${auth.some((scheme) => scheme !== 'username-token')}" RELToken="false"/>` +
    `<tds:System DiscoveryResolve="true" DiscoveryBye="true" RemoteDiscovery="false" SystemBackup="false" SystemLogging="${log !== 'unavailable'}" ` +
    `FirmwareUpgrade="false" HttpSystemLogging="${log === 'uri'}" HttpSupportInformation="${log === 'uri'}"/></tds:Capabilities>`
  )
}

/** GetCapabilities' parts, in the order of its schema; the last four stand in its extension. */
function capabilityParts(facts: CameraFacts): readonly (readonly [category: string, part: string])[] {
  const { paths, services: optional, relayOutputs, digitalInputs } = facts.profile
  const log = facts.profile.systemLog !== 'unavailable'
  const at = (path: string) => `<tt:XAddr>${escapeXml(httpUri(facts, path))}</tt:XAddr>`
  const parts: [string, string][] = [
    [
      'Device',
      `<tt:Device>${at(paths.device)}<tt:System><tt:DiscoveryResolve>true</tt:DiscoveryResolve><tt:DiscoveryBye>true</tt:DiscoveryBye>` +
        '<tt:RemoteDiscovery>false</tt:RemoteDiscovery><tt:SystemBackup>false</tt:SystemBackup>' +
        `<tt:SystemLogging>${log}</tt:SystemLogging><tt:FirmwareUpgrade>false</tt:FirmwareUpgrade><tt:SupportedVersions>${VERSION}</tt:SupportedVersions></tt:System>` +
        `<tt:IO><tt:InputConnectors>${digitalInputs}</tt:InputConnectors><tt:RelayOutputs>${relayOutputs}</tt:RelayOutputs></tt:IO></tt:Device>`,
    ],
    [
      'Events',
      `<tt:Events>${at(paths.events)}<tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>` +
        `<tt:WSPullPointSupport>${facts.profile.announcesPullPoint}</tt:WSPullPointSupport>` +
        '<tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>',
    ],
  ]
  if (optional.imaging) parts.push(['Imaging', `<tt:Imaging>${at(optional.imaging)}</tt:Imaging>`])
  parts.push([
    'Media',
    `<tt:Media>${at(paths.media)}<tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast>` +
      '<tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>',
  ])
  if (optional.ptz) parts.push(['PTZ', `<tt:PTZ>${at(optional.ptz)}</tt:PTZ>`])
  return parts
}

function capabilityExtension(facts: CameraFacts): string {
  const { recording, search, replay, deviceIo } = facts.profile.services
  const at = (path: string) => `<tt:XAddr>${escapeXml(httpUri(facts, path))}</tt:XAddr>`
  const parts = [
    deviceIo === undefined
      ? ''
      : `<tt:DeviceIO>${at(deviceIo)}<tt:VideoSources>${facts.profile.channels}</tt:VideoSources><tt:VideoOutputs>0</tt:VideoOutputs>` +
        `<tt:AudioSources>${facts.profile.audio ? 1 : 0}</tt:AudioSources><tt:AudioOutputs>0</tt:AudioOutputs><tt:RelayOutputs>${facts.profile.relayOutputs}</tt:RelayOutputs></tt:DeviceIO>`,
    recording === undefined
      ? ''
      : `<tt:Recording>${at(recording)}<tt:ReceiverSource>false</tt:ReceiverSource><tt:MediaProfileSource>true</tt:MediaProfileSource>` +
        '<tt:DynamicRecordings>false</tt:DynamicRecordings><tt:DynamicTracks>false</tt:DynamicTracks><tt:MaxStringLength>64</tt:MaxStringLength></tt:Recording>',
    search === undefined ? '' : `<tt:Search>${at(search)}<tt:MetadataSearch>false</tt:MetadataSearch></tt:Search>`,
    replay === undefined ? '' : `<tt:Replay>${at(replay)}</tt:Replay>`,
  ].join('')
  return parts === '' ? '' : `<tt:Extension>${parts}</tt:Extension>`
}

function capabilities(facts: CameraFacts, category: string): string {
  const wanted = capabilityParts(facts).filter(([name]) => category === 'All' || category === name)
  if (wanted.length === 0)
    throw new SoapFault('Receiver', ['ter:ActionNotSupported', 'ter:NoSuchService'], `There is no ${category} service`)
  const extension = category === 'All' ? capabilityExtension(facts) : ''
  return `<tds:GetCapabilitiesResponse><tds:Capabilities>${wanted.map(([, part]) => part).join('')}${extension}</tds:Capabilities></tds:GetCapabilitiesResponse>`
}
