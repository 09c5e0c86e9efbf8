import { credibleEndpoint, credibleSerial, type Identity } from './identity.ts'

/** An identity of ours. */
interface Named extends Identity {
  readonly device: string
}

interface Entry<T> {
  readonly known: T
  /** Who was known first comes first, as in the file. */
  readonly rank: number
}

/** The known devices by what they can be recognised by, so that a thousand are not gone through for each that is sighted. */
export class Roster<T extends Named> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #byTrait = new Map<string, Set<string>>()
  #ranks = 0

  constructor(all: Iterable<T> = []) {
    for (const known of all) this.set(known)
  }

  all(): T[] {
    return [...this.#entries.values()].map(({ known }) => known)
  }

  get(device: string): T | undefined {
    return this.#entries.get(device)?.known
  }

  /** Takes up one, or what is new of it. */
  set(known: T): void {
    const before = this.#entries.get(known.device)
    if (before) for (const trait of traitsOf(before.known)) this.#byTrait.get(trait)?.delete(known.device)
    this.#entries.set(known.device, { known, rank: before?.rank ?? this.#ranks++ })
    for (const trait of traitsOf(known)) {
      const those = this.#byTrait.get(trait)
      if (those) those.add(known.device)
      else this.#byTrait.set(trait, new Set([known.device]))
    }
  }

  /** Those at this place. */
  at({ address, port }: Pick<Identity, 'address' | 'port'>): T[] {
    return this.#having([placeTrait(address, port)])
  }

  /** Those with this endpoint reference, none for one that is not credible. */
  named(endpoint: string): T[] {
    return this.#having(endpointTraits(endpoint))
  }

  /** All that could be the one seen, or share a mark with it: no other has its place, or a mark in common with it. */
  near(seen: Identity): T[] {
    return this.#having(traitsOf(seen))
  }

  #having(traits: readonly string[]): T[] {
    const devices = new Set(traits.flatMap((trait) => [...(this.#byTrait.get(trait) ?? [])]))
    const entries = [...devices].flatMap((device) => this.#entries.get(device) ?? [])
    return entries.toSorted((a, b) => a.rank - b.rank).map(({ known }) => known)
  }
}

function traitsOf({ endpoint, serial, macs, address, port }: Identity): string[] {
  const own = credibleSerial(serial)
  return [
    placeTrait(address, port),
    ...endpointTraits(endpoint),
    ...(own === '' ? [] : [`serial ${own}`]),
    ...macs.map((mac) => `mac ${mac}`),
  ]
}

const placeTrait = (address: string, port: number) => `place ${address} ${port}`

function endpointTraits(endpoint: string): string[] {
  const own = credibleEndpoint(endpoint)
  return own === '' ? [] : [`endpoint ${own}`]
}
