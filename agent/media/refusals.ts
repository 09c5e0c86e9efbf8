import { LenscapError } from '../base/errors.ts'
import { type Credential, sameCredential } from '../base/secret.ts'
import type { Grant } from '../consent/consent.ts'
import type { Id } from '../protocol/envelope.ts'
import type { MediaKind } from '../protocol/media-kind.ts'

interface Refusal {
  readonly grant: Grant
  readonly credential: Credential | undefined
}

/**
 * What cameras refused, so that it is not asked of them again in the same way: not until they have another credential,
 * or their owner has turned the switch. Holds one entry per camera and kind at most.
 */
export class Refusals {
  readonly #held = new Map<string, Refusal>()

  /** Remembers what was refused under this grant. A refused password counts for every kind, missing rights for one. */
  note(grant: Grant, credential: Credential | undefined, error: unknown): void {
    // A digest that came at the wrong time says nothing of the password, and the ONVIF room waits by itself.
    // Nor does a device that is not sure to be ours.
    if (['clock', 'identity'].includes(factOf(error, 'reason'))) return
    const kinds: readonly MediaKind[] = isOfCredential(error) ? ['snapshot', 'clip'] : [grant.kind]
    for (const kind of kinds) this.#held.set(keyOf(grant.camera, kind), { grant, credential })
  }

  /** Whether asking this camera for this kind with this credential would only be refused again. */
  stands(camera: Id, kind: MediaKind, credential: Credential | undefined): boolean {
    const key = keyOf(camera, kind)
    const held = this.#held.get(key)
    if (held === undefined) return false
    if (!held.grant.signal.aborted && sameCredential(held.credential, credential)) return true
    this.#held.delete(key)
    return false
  }
}

const keyOf = (camera: Id, kind: MediaKind) => `${camera}/${kind}`

/** As `DigestAuth` and the ONVIF room tell it. */
const isOfCredential = (error: unknown): boolean =>
  ['AUTH_REJECTED', 'NO_CREDENTIAL'].includes(factOf(error, 'diagnosis')) ||
  ['credential', 'no-credential'].includes(factOf(error, 'reason'))

const factOf = (error: unknown, name: string) => (error instanceof LenscapError ? String(error.facts[name] ?? '') : '')
