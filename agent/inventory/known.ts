import type { Sighting } from '../discovery/sighting.ts'
import { endpointOf } from './facts.ts'
import { type Identity, isNear, isSameDevice, likeness, ownMarks } from './identity.ts'
import type { Reading } from './reading.ts'
import type { Roster } from './roster.ts'

/**
 * Which of the known devices this is, the likeliest where several could be.
 * @param isElsewhere a known one was found at another place in this same pass
 */
export function findKnown<T extends Identity & { readonly device: string }>(
  all: Roster<T>,
  seen: Identity,
  isElsewhere: (known: T) => boolean,
): T | undefined {
  const near = all.near(seen).filter((known) => isNear(known, seen))
  const candidates = near.map((known) => {
    // Who has no mark in common with it has none to share.
    const others = all.near(known).filter((other) => other !== known)
    return { known, own: ownMarks(known, others) }
  })
  return candidates
    .filter(({ known, own }) => isSameDevice(own, seen, isElsewhere(known)))
    .toSorted((a, b) => likeness(b.own, seen) - likeness(a.own, seen))[0]?.known
}

/** What tells the device that was read from others. */
export function identityOf(sighting: Sighting, reading: Reading): Identity {
  const { manufacturer = '', model = '', serial = '' } = reading.information ?? {}
  // What is only remembered was not seen.
  const isRemembered = sighting.via === 'manual' && sighting.endpoint !== ''
  const endpoint = isRemembered ? '' : endpointOf(sighting, reading, undefined)
  const { address, port } = sighting
  return { endpoint, manufacturer, model, serial, macs: reading.interfaces?.macs ?? [], address, port }
}

/** A mark that could not be read this time is not forgotten. */
export function keepKnown(seen: Identity, known: Identity | undefined) {
  return {
    endpoint: seen.endpoint || (known?.endpoint ?? ''),
    manufacturer: seen.manufacturer || (known?.manufacturer ?? ''),
    model: seen.model || (known?.model ?? ''),
    serial: seen.serial || (known?.serial ?? ''),
    macs: seen.macs.length > 0 ? seen.macs : (known?.macs ?? []),
  }
}
