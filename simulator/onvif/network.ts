import { escapeXml } from '../discovery/xml.ts'
import type { CameraFacts, Operations } from './facts.ts'

/** The device service's network part (ONVIF Core 8.2). */
export function networkOperations(facts: CameraFacts): Operations {
  const router = () => `${facts.address.split('.').slice(0, 3).join('.')}.1`
  const manual = (element: string, address: string) =>
    `<tt:${element}><tt:Type>IPv4</tt:Type><tt:IPv4Address>${address}</tt:IPv4Address></tt:${element}>`
  return {
    GetHostname: () =>
      '<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>' +
      `<tt:Name>${escapeXml(facts.identity.hostname)}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>`,
    GetNetworkInterfaces: () => networkInterfaces(facts),
    GetNetworkProtocols: () =>
      `<tds:GetNetworkProtocolsResponse>${protocol('HTTP', true, facts.ports.http)}${protocol('HTTPS', false, 443)}` +
      `${protocol('RTSP', true, facts.ports.rtsp)}</tds:GetNetworkProtocolsResponse>`,
    GetNetworkDefaultGateway: () =>
      `<tds:GetNetworkDefaultGatewayResponse><tds:NetworkGateway><tt:IPv4Address>${router()}</tt:IPv4Address></tds:NetworkGateway></tds:GetNetworkDefaultGatewayResponse>`,
    GetDNS: () =>
      `<tds:GetDNSResponse><tds:DNSInformation><tt:FromDHCP>false</tt:FromDHCP>${manual('DNSManual', router())}</tds:DNSInformation></tds:GetDNSResponse>`,
    GetNTP: () =>
      `<tds:GetNTPResponse><tds:NTPInformation><tt:FromDHCP>false</tt:FromDHCP>${manual('NTPManual', router())}</tds:NTPInformation></tds:GetNTPResponse>`,
  }
}

function protocol(name: string, enabled: boolean, port: number): string {
  return `<tds:NetworkProtocols><tt:Name>${name}</tt:Name><tt:Enabled>${enabled}</tt:Enabled><tt:Port>${port}</tt:Port></tds:NetworkProtocols>`
}

function networkInterfaces(facts: CameraFacts): string {
  const { interfaceName } = facts.profile.mac
  const interfaces = facts.identity.macs.map(
    (mac, i) =>
      `<tds:NetworkInterfaces token="${interfaceName}${i === 0 ? '' : `.${i}`}"><tt:Enabled>true</tt:Enabled><tt:Info>` +
      `<tt:Name>${interfaceName}</tt:Name><tt:HwAddress>${mac}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>` +
      '<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual>' +
      `<tt:Address>${facts.address}</tt:Address><tt:PrefixLength>8</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4></tds:NetworkInterfaces>`,
  )
  return `<tds:GetNetworkInterfacesResponse>${interfaces.join('')}</tds:GetNetworkInterfacesResponse>`
}
