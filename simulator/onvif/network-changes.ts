import { isIPv4, isIPv6 } from 'node:net'
import { child, descend, type XmlElement } from '../discovery/xml.ts'
import type { CameraFacts, Operations } from './facts.ts'
import { interfaceToken, PROTOCOLS } from './network.ts'
import type { Host, NetworkSettings } from './network-settings.ts'
import { invalidArgument, SoapFault, type SoapRequest } from './soap.ts'

const ENTRIES_MAX = 8
const NAME = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}))*$/

/**
 * The device service's network part, as far as it changes anything (ONVIF Core 8.2). What is set is told from then on; of
 * all of it only another IPv4 address takes effect: the camera moves there.
 */
export function networkChanges(facts: CameraFacts): Operations {
  const keep = (changes: NetworkSettings) => {
    facts.settings.network = { ...facts.settings.network, ...changes }
  }
  return {
    SetHostname: (request) => {
      const hostname = child(request.body, 'Name')?.text ?? ''
      if (!NAME.test(hostname)) throw invalidArgument('ter:InvalidHostname', `"${hostname}" is no host name`)
      keep({ hostname, hostnameFromDhcp: false })
      return '<tds:SetHostnameResponse/>'
    },
    SetHostnameFromDHCP: (request) => {
      keep({ hostnameFromDhcp: flag(request.body, 'FromDHCP') })
      return '<tds:SetHostnameFromDHCPResponse><tds:RebootNeeded>false</tds:RebootNeeded></tds:SetHostnameFromDHCPResponse>'
    },
    SetDNS: (request) => {
      const searchDomains = textsOf(request, 'SearchDomain')
      if (!searchDomains.every((name) => NAME.test(name)))
        throw invalidArgument('ter:InvalidDnsName', 'A search domain is no domain')
      keep({ dns: { fromDhcp: flag(request.body, 'FromDHCP'), searchDomains, manual: hosts(request, 'DNSManual') } })
      return '<tds:SetDNSResponse/>'
    },
    SetNTP: (request) => {
      keep({ ntp: { fromDhcp: flag(request.body, 'FromDHCP'), manual: hosts(request, 'NTPManual') } })
      return '<tds:SetNTPResponse/>'
    },
    SetNetworkDefaultGateway: (request) => {
      const gateways = textsOf(request, 'IPv4Address')
      if (!gateways.every((address) => isIPv4(address)))
        throw invalidArgument('ter:InvalidGatewayAddress', 'A gateway has an IPv4 address')
      keep({ gateways })
      return '<tds:SetNetworkDefaultGatewayResponse/>'
    },
    SetNetworkProtocols: (request) => {
      keep({ protocols: { ...facts.settings.network.protocols, ...protocolsIn(request) } })
      return '<tds:SetNetworkProtocolsResponse/>'
    },
    SetNetworkInterfaces: (request) => setInterface(facts, request, keep),
  }
}

function flag(holder: XmlElement | undefined, name: string): boolean {
  const text = child(holder, name)?.text
  if (text !== 'true' && text !== 'false' && text !== '1' && text !== '0')
    throw new SoapFault('Sender', ['ter:InvalidArgs'], `${name} is true or false`)
  return text === 'true' || text === '1'
}

function elementsOf(request: SoapRequest, name: string): XmlElement[] {
  const found = request.body.children.filter(({ local }) => local === name)
  if (found.length > ENTRIES_MAX)
    throw new SoapFault('Sender', ['ter:InvalidArgs'], `At most ${ENTRIES_MAX} of ${name} can be kept`)
  return found
}

function textsOf(request: SoapRequest, name: string): string[] {
  return elementsOf(request, name).map(({ text }) => text)
}

function hosts(request: SoapRequest, name: string): Host[] {
  return elementsOf(request, name).map((given) => {
    const ipv4 = child(given, 'IPv4Address')?.text
    const ipv6 = child(given, 'IPv6Address')?.text
    const dns = child(given, 'DNSname')?.text
    switch (child(given, 'Type')?.text) {
      case 'IPv4':
        if (!isIPv4(ipv4 ?? '')) throw invalidArgument('ter:InvalidIPv4Address', `"${ipv4 ?? ''}" is no IPv4 address`)
        return { type: 'IPv4', address: ipv4 ?? '' }
      case 'IPv6':
        if (!isIPv6(ipv6 ?? '')) throw invalidArgument('ter:InvalidIPv6Address', `"${ipv6 ?? ''}" is no IPv6 address`)
        return { type: 'IPv6', address: ipv6 ?? '' }
      default:
        if (!NAME.test(dns ?? '')) throw invalidArgument('ter:InvalidDnsName', `"${dns ?? ''}" is no name`)
        return { type: 'DNS', address: dns ?? '' }
    }
  })
}

function protocolsIn(request: SoapRequest): NonNullable<NetworkSettings['protocols']> {
  const entries = elementsOf(request, 'NetworkProtocols').map((given) => {
    const name = PROTOCOLS.find((one) => one === child(given, 'Name')?.text)
    if (!name) throw invalidArgument('ter:ServiceNotSupported', `The protocols are ${PROTOCOLS.join(', ')}`)
    const ports = given.children.filter(({ local }) => local === 'Port').map(({ text }) => Number(text))
    if (ports.length === 0 || !ports.every((port) => Number.isInteger(port) && port > 0 && port <= 65_535))
      throw new SoapFault('Sender', ['ter:InvalidArgs'], 'A port is a number from 1 to 65535')
    return [name, { enabled: flag(given, 'Enabled'), ports: ports.slice(0, ENTRIES_MAX) }] as const
  })
  return Object.fromEntries(entries)
}

function setInterface(facts: CameraFacts, request: SoapRequest, keep: (changes: NetworkSettings) => void): string {
  const token = child(request.body, 'InterfaceToken')?.text ?? ''
  if (!facts.identity.macs.some((_, i) => interfaceToken(facts, i) === token))
    throw invalidArgument('ter:InvalidNetworkInterface', `There is no interface "${token}"`)
  const given = child(request.body, 'NetworkInterface')
  const mtu = Number(child(given, 'MTU')?.text ?? facts.settings.network.mtu ?? 1500)
  if (!Number.isInteger(mtu) || mtu < 576 || mtu > 9000)
    throw invalidArgument('ter:InvalidMtuValue', 'The MTU is a number from 576 to 9000')
  const { address, prefixLength } = addressIn(facts, given)
  const dhcp = descend(given, 'IPv4', 'DHCP') ? flag(child(given, 'IPv4'), 'DHCP') : facts.settings.network.dhcp
  keep({ mtu, ...(dhcp === undefined ? {} : { dhcp }), ...(prefixLength === undefined ? {} : { prefixLength }) })
  if (address !== undefined && address !== facts.address) {
    keep({ addressBefore: facts.settings.network.addressBefore ?? facts.address })
    facts.move(address)
  }
  return '<tds:SetNetworkInterfacesResponse><tds:RebootNeeded>false</tds:RebootNeeded></tds:SetNetworkInterfacesResponse>'
}

/** The address that the camera is given. Throws SoapFault where it is none that a simulated camera could have. */
function addressIn(facts: CameraFacts, given: XmlElement | undefined) {
  const manual = descend(given, 'IPv4', 'Manual')
  if (!manual) return {}
  const address = child(manual, 'Address')?.text ?? ''
  const prefixLength = Number(child(manual, 'PrefixLength')?.text)
  const isPlace = isIPv4(address) && (address.startsWith('127.') || address === facts.address)
  if (!isPlace || !Number.isInteger(prefixLength) || prefixLength < 1 || prefixLength > 32)
    throw invalidArgument('ter:InvalidIPv4Address', 'A simulated camera takes loopback addresses, 127.x.y.z, alone')
  return { address, prefixLength }
}
