import type { Xml } from './xml.ts'

/** What the device calls itself, letter for letter. */
export interface DeviceInformation {
  readonly manufacturer: string
  readonly model: string
  readonly firmware: string
  readonly serial: string
  readonly hardwareId: string
}

export interface ServiceEntry {
  readonly namespace: string
  readonly version: string
  readonly xaddr: string
}

export interface Profile {
  readonly token: string
  readonly name: string
  readonly sourceToken: string
  /** The source configuration's token: some devices name this one in their events. */
  readonly sourceConfigurationToken: string
  readonly encoding: string
  readonly width: number
  readonly height: number
  readonly fps: number
  /** Which media service told of it, and is asked for its addresses. */
  readonly media: 'media' | 'media2'
}

export interface Protocol {
  readonly name: string
  readonly enabled: boolean
  readonly ports: number[]
}

/** UTC by the device, in milliseconds; undefined where it says none or nonsense. */
export function cameraTimeIn(body: Xml): number | undefined {
  const date = body.one('GetSystemDateAndTimeResponse', 'SystemDateAndTime')
  const utc = date?.one('UTCDateTime')
  const time = utc ?? date?.one('LocalDateTime')
  if (!date || !time) return undefined
  const part = (...path: string[]) => integer(time.textOf(...path))
  const [year, month, day] = [part('Date', 'Year'), part('Date', 'Month'), part('Date', 'Day')]
  const [hour, minute, second] = [part('Time', 'Hour'), part('Time', 'Minute'), part('Time', 'Second')]
  if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31) return undefined
  if (hour > 24 || minute > 59 || second > 61) return undefined
  const westMinutes = utc ? 0 : minutesWest(date.textOf('TimeZone', 'TZ'), date.textOf('DaylightSavings'))
  return Date.UTC(year, month - 1, day, hour, minute + westMinutes, second)
}

/** Of a POSIX zone (IEEE 1003.1, 8.3), which counts westwards; 0 for what is none: the time is off by hours at most then. */
function minutesWest(zone: string, daylightSavings: string): number {
  const [, sign, hours = '0', minutes = '0'] =
    /^\s*(?:[A-Za-z]{3,}|<[\w+-]{3,}>)([+-]?)(\d{1,2})(?::(\d{2}))?/.exec(zone) ?? []
  const west = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  return west - (daylightSavings.trim() === 'true' ? 60 : 0)
}

export function deviceInformationIn(body: Xml): DeviceInformation {
  const said = body.one('GetDeviceInformationResponse')
  return {
    manufacturer: said?.textOf('Manufacturer') ?? '',
    model: said?.textOf('Model') ?? '',
    firmware: said?.textOf('FirmwareVersion') ?? '',
    serial: said?.textOf('SerialNumber') ?? '',
    hardwareId: said?.textOf('HardwareId') ?? '',
  }
}

export function servicesIn(body: Xml): ServiceEntry[] {
  const services = body.one('GetServicesResponse')?.all('Service') ?? []
  return services.map((service) => ({
    namespace: service.textOf('Namespace').trim(),
    version: ['Major', 'Minor']
      .map((part) => service.textOf('Version', part).trim())
      .filter((part) => part !== '')
      .join('.'),
    xaddr: service.textOf('XAddr').trim(),
  }))
}

const CAPABILITIES: Readonly<Record<string, string>> = {
  Device: 'http://www.onvif.org/ver10/device/wsdl',
  Media: 'http://www.onvif.org/ver10/media/wsdl',
  Events: 'http://www.onvif.org/ver10/events/wsdl',
}

/** The services as devices older than GetServices tell them. */
export function capabilitiesIn(body: Xml): ServiceEntry[] {
  const said = body.one('GetCapabilitiesResponse', 'Capabilities')
  return Object.entries(CAPABILITIES).flatMap(([name, namespace]) => {
    const xaddr = said?.textOf(name, 'XAddr').trim() ?? ''
    return xaddr === '' ? [] : [{ namespace, version: '', xaddr }]
  })
}

export function interfacesIn(body: Xml): { macs: string[]; addresses: string[] } {
  const interfaces = body.one('GetNetworkInterfacesResponse')?.all('NetworkInterfaces') ?? []
  const macs = interfaces.map((each) => normalisedMac(each.textOf('Info', 'HwAddress')))
  const addresses = interfaces
    .flatMap((each) => ['IPv4', 'IPv6'].map((version) => each.one(version, 'Config')))
    .flatMap((config) => ['Manual', 'LinkLocal', 'FromDHCP', 'FromRA'].flatMap((name) => config?.all(name) ?? []))
    .map((each) => each.textOf('Address').trim())
  return { macs: distinct(macs), addresses: distinct(addresses) }
}

/** `aa:bb:cc:dd:ee:ff`, whatever way it is written; empty where it is no hardware address. */
export function normalisedMac(text: string): string {
  const digits = text.replace(/[^0-9a-f]/gi, '').toLowerCase()
  if (digits.length !== 12 || /^(0+|f+)$/.test(digits)) return ''
  return digits.replace(/(..)(?=.)/g, '$1:')
}

export function protocolsIn(body: Xml): Protocol[] {
  const protocols = body.one('GetNetworkProtocolsResponse')?.all('NetworkProtocols') ?? []
  return protocols.map((each) => ({
    name: each.textOf('Name').trim(),
    enabled: each.textOf('Enabled').trim() === 'true',
    ports: each
      .all('Port')
      .map((port) => integer(port.text))
      .filter((port) => port > 0 && port < 65_536),
  }))
}

export function gatewaysIn(body: Xml): string[] {
  const gateway = body.one('GetNetworkDefaultGatewayResponse', 'NetworkGateway')
  return texts([...(gateway?.all('IPv4Address') ?? []), ...(gateway?.all('IPv6Address') ?? [])])
}

export function dnsIn(body: Xml): string[] {
  return hostsIn(body.one('GetDNSResponse', 'DNSInformation'), 'DNSFromDHCP', 'DNSManual')
}

export function ntpIn(body: Xml): string[] {
  return hostsIn(body.one('GetNTPResponse', 'NTPInformation'), 'NTPFromDHCP', 'NTPManual')
}

export const hostnameIn = (body: Xml) => body.textOf('GetHostnameResponse', 'HostnameInformation', 'Name').trim()

export function scopesIn(body: Xml): string[] {
  const scopes = body.one('GetScopesResponse')?.all('Scopes') ?? []
  return distinct(scopes.map((scope) => scope.textOf('ScopeItem').trim()))
}

/** Core 8.1.8: the GUID, as WS-Discovery tells it; some devices leave it out. */
export const endpointReferenceIn = (body: Xml) => body.textOf('GetEndpointReferenceResponse', 'GUID').trim()

export function videoSourcesIn(body: Xml): string[] {
  const sources = body.one('GetVideoSourcesResponse')?.all('VideoSources') ?? []
  return distinct(sources.map((source) => source.attribute('token') ?? ''))
}

export function profilesIn(body: Xml, media: 'media' | 'media2'): Profile[] {
  const profiles = body.one('GetProfilesResponse')?.all('Profiles') ?? []
  return profiles.map((profile) => {
    const source = profile.one('VideoSourceConfiguration') ?? profile.one('Configurations', 'VideoSource')
    const encoder = profile.one('VideoEncoderConfiguration') ?? profile.one('Configurations', 'VideoEncoder')
    return {
      token: profile.attribute('token') ?? '',
      name: profile.textOf('Name'),
      sourceToken: source?.textOf('SourceToken').trim() ?? '',
      sourceConfigurationToken: source?.attribute('token') ?? '',
      encoding: encoder?.textOf('Encoding').trim() ?? '',
      width: integer(encoder?.textOf('Resolution', 'Width')),
      height: integer(encoder?.textOf('Resolution', 'Height')),
      fps: decimal(encoder?.textOf('RateControl', 'FrameRateLimit')),
      media,
    }
  })
}

/** The address of a stream or a snapshot, Media1 and Media2 alike. */
export const uriIn = (body: Xml) => (body.find('Uri')?.text ?? '').trim()

function hostsIn(said: Xml | undefined, ...lists: string[]): string[] {
  const hosts = lists.flatMap((name) => said?.all(name) ?? [])
  return texts(hosts.flatMap((host) => ['IPv4Address', 'IPv6Address', 'DNSname'].flatMap((name) => host.all(name))))
}

const texts = (nodes: readonly Xml[]) => distinct(nodes.map((node) => node.text.trim()))

const distinct = (values: readonly string[]) => [...new Set(values)].filter((value) => value !== '')

/** 0 where it is no number. */
const decimal = (text: string | undefined) => {
  const value = Number(text?.trim() || Number.NaN)
  return Number.isFinite(value) ? value : 0
}

const integer = (text: string | undefined) => Math.trunc(decimal(text))

/** HTTP's own clock, where the device tells strangers no other (RFC 9110, 6.6.1). */
export function timeOfHeader(date: string | undefined): number | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isFinite(ms) ? ms : undefined
}
