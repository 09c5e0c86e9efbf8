/** Something that answered. Everything but `address` is what it says of itself. */
export interface Sighting {
  /** Its endpoint reference, mostly `urn:uuid:…`; empty where it told none. */
  readonly endpoint: string
  /** Local names, such as `NetworkVideoTransmitter`. */
  readonly types: readonly string[]
  readonly scopes: readonly string[]
  /** As it wrote them. */
  readonly xaddrs: readonly string[]
  /** The one that answered. */
  readonly address: string
  readonly port: number
  readonly path: string
  readonly https: boolean
  readonly via: 'multicast' | 'unicast' | 'hello' | 'manual'
}

/** Two sightings with the same key are the same news. */
export const sightingKey = ({ endpoint, address, port, path }: Sighting) => [endpoint, address, port, path].join(' ')
