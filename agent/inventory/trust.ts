import type { Clock } from '../base/clock.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { type Device, openDevice } from '../onvif/device.ts'
import { refusalOf } from '../onvif/faults.ts'
import type { Id } from '../protocol/envelope.ts'
import { hasOwn, type Marks, NO_MARKS, recognise, steadyMarks } from './marks.ts'
import type { MacOf } from './neighbours.ts'
import type { Enrolled, TrustStore } from './trust-store.ts'

/** A dead address must not hold up a camera that has left it. */
const OLD_PLACE_MS = 2_000

/** Asks one address by a probe of WS-Discovery; its endpoint reference, or empty where it does not answer. */
export type ProbeOf = (address: string, port: number, signal: AbortSignal) => Promise<string>

export interface TrustDeps {
  readonly store: TrustStore
  readonly clock: Clock
  readonly macOf: MacOf
  readonly probeOf: ProbeOf
  /** `confirm`: a device that was never signed in to waits for a person's word. */
  readonly newDevices: 'sign-in' | 'confirm'
}

/** Whom a credential is about to be sent to. */
interface Candidate {
  /** Ours, where it seems to be one that we know. */
  readonly id: Id | undefined
  readonly sighting: Sighting
}

/**
 * Sees to it that a credential goes only to the device that it went to before, by what strangers can see: its answer to a
 * probe, its endpoint reference, its network card where both share a network. A newcomer at a free place may be signed
 * in to, as the installer's credentials are meant for the cameras found; one in another's place, or under another's name,
 * waits for a person's word.
 */
export class Trust {
  readonly #deps: TrustDeps
  /** What was last seen of each, for enrolling it once it let us in. */
  readonly #seen = new WeakMap<Device, Marks>()

  constructor(deps: TrustDeps) {
    this.#deps = deps
  }

  /** @throws LenscapError with the reason `identity` where no credential may be sent, or what asking failed with */
  async confirm({ id, sighting }: Candidate, device: Device, signal: AbortSignal): Promise<void> {
    const { store, clock, newDevices } = this.#deps
    const { address, port } = device.target
    const seen = await this.#look(device, sighting, signal)
    if (store.isConfirmed(address, port, clock.nowMs())) return
    const known = id === undefined ? undefined : store.of(id)
    if (known) {
      const here = known.address === address && known.port === port
      const recognition = recognise(this.#credible(known), seen, here)
      if (recognition !== 'same') throw stranger(address, port, recognition)
      if (here || verdictOfMac(known, seen) || !(await this.#isStillThere(known, signal))) return
    }
    const holder = store.holderOf(address, port, id)
    if (holder) {
      if (recognise(this.#credible(holder), seen, true) === 'same') return
      throw stranger(address, port, 'other')
    }
    if (newDevices === 'confirm') throw stranger(address, port, 'new')
  }

  /**
   * It let us in: what strangers saw of it just now is what it is known by from here on. Resolves when that is on disk.
   * @param told the endpoint reference that it told a user meanwhile, where it was asked for it
   */
  async enrol(id: Id, device: Device, told: string | undefined, signal: AbortSignal): Promise<void> {
    const { store } = this.#deps
    const { address, port } = device.target
    const before = store.of(id)
    const isInPlace = before?.address === address && before.port === port
    const first = this.#seen.get(device)
    if (!first || isInPlace) return
    const steady = steadyMarks(first, await this.#lookAgain(device, first, told, signal))
    // Where all that it is known by is how it asks for a login, that must be the same each time.
    const marks = hasOwn(steady) ? steady : steadyMarks(first, await this.#look(device, undefined, signal))
    await store.enrol({ device: id, ...device.target, marks })
  }

  /** Seen twice: some make up another endpoint reference each time. What the first look did not find is not sought again. */
  async #lookAgain(device: Device, first: Marks, told: string | undefined, signal: AbortSignal): Promise<Marks> {
    const { macOf, probeOf } = this.#deps
    const { address, port } = device.target
    const [reference, probe, mac] = await Promise.all([
      first.reference === '' ? '' : (told ?? (await endpointReference(device, signal))),
      probeOf(address, port, signal),
      macOf(address),
    ])
    return { ...NO_MARKS, reference, probe, mac }
  }

  /** Everything that a stranger can find out. */
  async #look(device: Device, sighting: Sighting | undefined, signal: AbortSignal): Promise<Marks> {
    const { macOf, probeOf } = this.#deps
    const { address, port } = device.target
    const isFresh = sighting && sighting.via !== 'manual' && sighting.endpoint !== '' && !this.#seen.has(device)
    const [told, probe, mac] = await Promise.all([
      device.asStranger(signal),
      isFresh ? sighting.endpoint : probeOf(address, port, signal),
      macOf(address),
    ])
    const marks = { ...told, probe, mac }
    this.#seen.set(device, marks)
    return marks
  }

  /** A card that several devices show, such as a router's, is nobody's own. */
  #credible({ device, address, marks }: Enrolled): Marks {
    if (marks.mac === '') return marks
    const others = this.#deps.store.showing(marks.mac).filter((each) => each.device !== device)
    return others.some((each) => each.address !== address) ? { ...marks, mac: '' } : marks
  }

  /** Whether the device still answers where it was: then the one that came has only its name. */
  async #isStillThere(known: Enrolled, signal: AbortSignal): Promise<boolean> {
    const { clock, probeOf, macOf } = this.#deps
    const { address, port, path, https } = known
    if (address === '') return false
    const within = AbortSignal.any([signal, AbortSignal.timeout(OLD_PLACE_MS)])
    try {
      const device = await openDevice({ address, port, path, https, clock, signal: within })
      const told = await device.asStranger(within)
      const marks = { ...told, probe: await probeOf(address, port, within), mac: await macOf(address) }
      return recognise(known.marks, marks, true) === 'same'
    } catch (error) {
      if (signal.aborted && errorKind(error) === 'cancelled') throw error
      return false
    }
  }
}

const verdictOfMac = (known: Enrolled, seen: Marks) => known.marks.mac !== '' && known.marks.mac === seen.mac

const SAYS = {
  other: 'Another device stands here than the one that was known',
  unsure: 'It is not sure that this is the device that was known',
  new: 'This device is new here',
}

function stranger(address: string, port: number, why: keyof typeof SAYS): LenscapError {
  const advice = `nothing was sent to it; if it is yours, run "lenscap-agent credentials confirm ${address}"`
  return new LenscapError('refused', `${SAYS[why]}: ${advice}`, { address, port, reason: 'identity' })
}

/** Empty where it does not tell it. @throws LenscapError where it does not answer */
async function endpointReference(device: Device, signal: AbortSignal): Promise<string> {
  try {
    return await device.endpointReference(signal)
  } catch (error) {
    if (['cancelled', 'unreachable', 'timeout'].includes(errorKind(error)) || refusalOf(error) === 'identity')
      throw error
    return ''
  }
}
