import { escapeXml } from '../discovery/xml.ts'
import type { CameraFacts, Operations } from './facts.ts'
import type { Host } from './network-settings.ts'

export const PROTOCOLS = ['HTTP', 'HTTPS', 'RTSP'] as const

/** The device service's network part, as far as it tells (ONVIF Core 8.2). */
export function networkOperations(facts: CameraFacts): Operations {
  const network = () => facts.settings.network
  const router = (): Host => ({ type: 'IPv4', address: `${facts.address.split('.').slice(0, 3).join('.')}.1` })
  const servers = (name: string, set: { fromDhcp: boolean; manual: readonly Host[] } | undefined) => {
    if (set?.fromDhcp) return [host(`${name}FromDHCP`, router())]
    return (set?.manual ?? [router()]).map((one) => host(`${name}Manual`, one))
  }
  return {
    GetHostname: () =>
      `<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>${network().hostnameFromDhcp ?? false}</tt:FromDHCP>` +
      `<tt:Name>${escapeXml(network().hostname ?? facts.identity.hostname)}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>`,
    GetNetworkInterfaces: () => networkInterfaces(facts),
    GetNetworkProtocols: () =>
      `<tds:GetNetworkProtocolsResponse>${PROTOCOLS.map((name) => protocol(facts, name)).join('')}</tds:GetNetworkProtocolsResponse>`,
    GetNetworkDefaultGateway: () => {
      const gateways = network().gateways ?? [router().address]
      const rows = gateways.map((address) => `<tt:IPv4Address>${escapeXml(address)}</tt:IPv4Address>`).join('')
      return `<tds:GetNetworkDefaultGatewayResponse><tds:NetworkGateway>${rows}</tds:NetworkGateway></tds:GetNetworkDefaultGatewayResponse>`
    },
    GetDNS: () => {
      const { dns } = network()
      const domains = (dns?.searchDomains ?? []).map((name) => `<tt:SearchDomain>${escapeXml(name)}</tt:SearchDomain>`)
      return `<tds:GetDNSResponse><tds:DNSInformation><tt:FromDHCP>${dns?.fromDhcp ?? false}</tt:FromDHCP>${domains.join('')}${servers('DNS', dns).join('')}</tds:DNSInformation></tds:GetDNSResponse>`
    },
    GetNTP: () => {
      const { ntp } = network()
      return `<tds:GetNTPResponse><tds:NTPInformation><tt:FromDHCP>${ntp?.fromDhcp ?? false}</tt:FromDHCP>${servers('NTP', ntp).join('')}</tds:NTPInformation></tds:GetNTPResponse>`
    },
  }
}

function host(element: string, { type, address }: Host): string {
  const name = type === 'DNS' ? 'DNSname' : `${type}Address`
  return `<tt:${element}><tt:Type>${type}</tt:Type><tt:${name}>${escapeXml(address)}</tt:${name}></tt:${element}>`
}

function protocol(facts: CameraFacts, name: (typeof PROTOCOLS)[number]): string {
  const { http, rtsp } = facts.ports
  const usual = { HTTP: http, HTTPS: 443, RTSP: rtsp }[name]
  const { enabled, ports } = facts.settings.network.protocols?.[name] ?? { enabled: name !== 'HTTPS', ports: [usual] }
  const rows = ports.map((port) => `<tt:Port>${port}</tt:Port>`).join('')
  return `<tds:NetworkProtocols><tt:Name>${name}</tt:Name><tt:Enabled>${enabled}</tt:Enabled>${rows}</tds:NetworkProtocols>`
}

/** The token of a camera's interface, counted from 0. */
export function interfaceToken(facts: CameraFacts, index: number): string {
  return `${facts.profile.mac.interfaceName}${index === 0 ? '' : `.${index}`}`
}

function networkInterfaces(facts: CameraFacts): string {
  const { mtu = 1500, dhcp = false, prefixLength = 8 } = facts.settings.network
  const element = dhcp ? 'FromDHCP' : 'Manual'
  const interfaces = facts.identity.macs.map(
    (mac, i) =>
      `<tds:NetworkInterfaces token="${interfaceToken(facts, i)}"><tt:Enabled>true</tt:Enabled><tt:Info>` +
      `<tt:Name>${facts.profile.mac.interfaceName}</tt:Name><tt:HwAddress>${mac}</tt:HwAddress><tt:MTU>${mtu}</tt:MTU></tt:Info>` +
      `<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:${element}>` +
      `<tt:Address>${facts.address}</tt:Address><tt:PrefixLength>${prefixLength}</tt:PrefixLength></tt:${element}><tt:DHCP>${dhcp}</tt:DHCP></tt:Config></tt:IPv4></tds:NetworkInterfaces>`,
  )
  return `<tds:GetNetworkInterfacesResponse>${interfaces.join('')}</tds:GetNetworkInterfacesResponse>`
}
