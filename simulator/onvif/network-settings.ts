/** A server's address or name, as ONVIF's NetworkHost tells it. */
export interface Host {
  readonly type: 'IPv4' | 'IPv6' | 'DNS'
  readonly address: string
}

interface Servers {
  readonly fromDhcp: boolean
  readonly manual: readonly Host[]
}

interface Protocol {
  readonly enabled: boolean
  readonly ports: readonly number[]
}

/** What a client set of the network; undefined is what the camera has of itself. */
export interface NetworkSettings {
  readonly hostname?: string
  readonly hostnameFromDhcp?: boolean
  readonly dns?: Servers & { readonly searchDomains: readonly string[] }
  readonly ntp?: Servers
  readonly gateways?: readonly string[]
  readonly protocols?: Readonly<Record<string, Protocol>>
  readonly mtu?: number
  readonly dhcp?: boolean
  readonly prefixLength?: number
  /** Where it stood before a client first gave it another address. */
  readonly addressBefore?: string
}
