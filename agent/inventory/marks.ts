import { credibleEndpoint, credibleSerial } from './identity.ts'

/** What a stranger can find out of who a device is; empty where it could not. */
export interface Marks {
  /** The endpoint reference in its answer to a probe. */
  readonly probe: string
  /** GetEndpointReference's. */
  readonly reference: string
  /** Where it tells strangers its serial. */
  readonly serial: string
  /** Its network card's, as the box's own neighbour table has it: of devices on the same network only. */
  readonly mac: string
  /** What it calls itself in its HTTP Digest challenges. */
  readonly realm: string
}

export const NO_MARKS: Marks = { probe: '', reference: '', serial: '', mac: '', realm: '' }

/** `other`: something contradicts. `unsure`: nothing does, and nothing speaks for it. */
export type Recognition = 'same' | 'other' | 'unsure'

/**
 * Whether what strangers see now is the device that a credential was sent to before.
 * @param here it stands where that one stood
 */
export function recognise(enrolled: Marks, seen: Marks, here: boolean): Recognition {
  const mac = verdict(enrolled.mac, seen.mac)
  const serial = verdict(credibleSerial(enrolled.serial), credibleSerial(seen.serial))
  if (mac === 'differ' || serial === 'differ') return 'other'
  // Of what can be seen from outside, the card is the hardest to fake, and outlives a factory reset.
  if (mac === 'agree') return 'same'
  const endpoints = [
    verdict(credibleEndpoint(enrolled.probe), credibleEndpoint(seen.probe)),
    verdict(credibleEndpoint(enrolled.reference), credibleEndpoint(seen.reference)),
  ]
  if (endpoints.includes('differ')) return 'other'
  if (serial === 'agree' || endpoints.includes('agree')) return 'same'
  // All of a model may share a realm: it counts where a device never told more, and its place alone where it told nothing.
  return here && !hasOwn(enrolled) && (enrolled.realm === '' || enrolled.realm === seen.realm) ? 'same' : 'unsure'
}

/** Whether there is a mark among them that no other of its model has. */
export const hasOwn = ({ mac, serial, probe, reference }: Marks): boolean =>
  [mac, serial, probe, reference].some((mark) => mark !== '')

/** Both seen within moments: a mark that differs changes by itself, and is of no use. */
export function steadyMarks(first: Marks, second: Marks): Marks {
  const steady = (a: string, b: string) =>
    verdict(credibleEndpoint(a), credibleEndpoint(b)) === 'differ' ? '' : a || b
  return {
    probe: steady(first.probe, second.probe),
    reference: steady(first.reference, second.reference),
    serial: first.serial || second.serial,
    mac: first.mac || second.mac,
    realm: first.realm === second.realm || second.realm === '' ? first.realm : '',
  }
}

const verdict = (a: string, b: string) => (a === '' || b === '' ? 'unknown' : a === b ? 'agree' : 'differ')
