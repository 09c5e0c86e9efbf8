import type { Clock } from '../base/clock.ts'
import type { LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import type { Subject } from '../credentials/for.ts'
import type { RefusalMemory } from '../credentials/refusal-log.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { type Device, openDevice } from '../onvif/device.ts'
import { refusalOf } from '../onvif/faults.ts'
import { DeviceGate } from '../onvif/gate.ts'
import type { Id } from '../protocol/envelope.ts'
import { scopeValue } from './facts.ts'
import { credibleEndpoint } from './identity.ts'
import { type Reading, readDevice } from './reading.ts'
import { signIn } from './sign-in.ts'
import type { StoredDevice } from './store.ts'
import type { Trust } from './trust.ts'

/** Since an earlier reading. */
const SIGNED_IN = { refusal: undefined, information: undefined }

const GATES_MAX = 1_024

export interface ContactDeps {
  readonly clock: Clock
  /** Those meant for a device, in the order in which they are tried. */
  readonly credentialsFor: (subject: Subject) => readonly Credential[]
  readonly refusals: RefusalMemory | undefined
  readonly trust: Trust
}

/** What is known of a sighted device before it is asked anything. */
export interface Known {
  readonly stored: StoredDevice | undefined
  readonly cameras: readonly Id[]
  readonly device: Device | undefined
}

export interface Contacted {
  readonly device: Device
  readonly reading: Reading
  /** Why it did not let us in, where it didn't. */
  readonly refusal: LenscapError | undefined
}

/** Opens a sighted device, signs in where it may, and reads it. Keeps one gate per device. */
export class Contacts {
  readonly #deps: ContactDeps
  readonly #gates = new Map<string, DeviceGate>()
  /** Whom each is held for: what it is confirmed as before a credential goes there. */
  readonly #ids = new WeakMap<Device, Id>()

  constructor(deps: ContactDeps) {
    this.#deps = deps
  }

  /** @throws LenscapError where it can't be read at all, or may be another (reason `identity`) */
  async read(sighting: Sighting, known: Known, signal: AbortSignal): Promise<Contacted> {
    const device = await this.#open(sighting, known, signal)
    const sets = this.#sets(sighting, known, device)
    const { refusal, information } = device.signedIn ? SIGNED_IN : await signIn(device, sets, signal)
    if (refusalOf(refusal) === 'identity') throw refusal
    const { endpoint } = sighting
    const reading = await readDevice(
      device,
      { ...(information && { information }), ...(endpoint !== '' && { endpoint }) },
      signal,
    )
    return { device, reading, refusal }
  }

  /** It has an id now, and we know what it is. */
  async identified(
    id: Id,
    { device, reading, cameras }: Contacted & { readonly cameras: readonly unknown[] },
    sighting: Sighting,
    signal: AbortSignal,
  ): Promise<void> {
    this.#ids.set(device, id)
    const { gate } = device
    gate.rename(id)
    gate.maker = reading.information?.manufacturer || gate.maker
    gate.channels = cameras.length
    if (!device.signedIn) return
    await this.#deps.trust.enrol(id, device, sighting.endpoint === '' ? reading.endpoint : undefined, signal)
  }

  async #open(sighting: Sighting, { stored, device: live }: Known, signal: AbortSignal): Promise<Device> {
    const { address, port, path, https } = sighting
    const { clock, trust } = this.#deps
    if (live && live.target.address === address && live.target.port === port) return live
    const gate = live?.gate ?? this.#gateFor(sighting, stored)
    const confirm = (device: Device, within: AbortSignal) =>
      trust.confirm({ id: this.#ids.get(device) ?? stored?.device, sighting }, device, within)
    return await openDevice({ address, port, path, https, gate, clock, confirm, signal })
  }

  /** The one that worked here before is the first. */
  #sets({ address, port, scopes }: Sighting, { stored, cameras }: Known, { gate }: Device): readonly Credential[] {
    const said = ['name', 'hardware', 'manufacturer', 'mfr'].map((key) => scopeValue(scopes, key))
    const makers = [stored?.manufacturer ?? '', stored?.model ?? '', ...said].filter((text) => text !== '')
    const sets = this.#deps.credentialsFor({ address, port, cameras, makers })
    return sets.toSorted((a, b) => Number(gate.wasAccepted(b)) - Number(gate.wasAccepted(a)))
  }

  /** A device that was refused something keeps its gate though it was never identified. */
  #gateFor({ endpoint, address, port, scopes }: Sighting, stored: StoredDevice | undefined): DeviceGate {
    const key = stored?.device ?? (credibleEndpoint(endpoint) || `${address} ${port}`)
    const { clock, refusals } = this.#deps
    const held = this.#gates.get(key)
    if (held) return held
    const gate = new DeviceGate(clock, { name: key, ...(refusals && { memory: refusals }) })
    gate.maker = stored?.manufacturer || scopeValue(scopes, 'name')
    if (this.#gates.size < GATES_MAX) this.#gates.set(key, gate)
    return gate
  }
}
