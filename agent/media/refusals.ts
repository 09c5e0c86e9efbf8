import type { Clock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import { type Credential, sameCredential } from '../base/secret.ts'
import type { Grant } from '../consent/consent.ts'
import type { RefusalMemory, SignInOutcome, Way } from '../credentials/refusal-log.ts'
import type { Id } from '../protocol/envelope.ts'
import type { MediaKind } from '../protocol/media-kind.ts'

interface Refusal {
  readonly grant: Grant
  readonly credential: Credential | undefined
}

/** By which way each kind asks a camera. */
const WAY_OF = { snapshot: 'snapshot', clip: 'rtsp', live: 'rtsp' } as const satisfies Record<MediaKind, Way>

/**
 * What cameras refused, so that it is not asked of them again in the same way: not until they have another credential,
 * or their owner has turned the switch. What came of a credential outlives a restart, under the camera's id, if the memory
 * does. Holds one entry per camera and kind at most.
 */
export class Refusals {
  readonly #held = new Map<string, Refusal>()
  readonly #memory: RefusalMemory
  readonly #clock: Pick<Clock, 'nowMs'>

  constructor(memory: RefusalMemory, clock: Pick<Clock, 'nowMs'>) {
    this.#memory = memory
    this.#clock = clock
  }

  /** Remembers what was refused under this grant. A refused password counts for every kind, missing rights for one. */
  note(grant: Grant, credential: Credential | undefined, error: unknown): void {
    // A digest that came at the wrong time says nothing of the password, and the ONVIF room waits by itself.
    // Nor does a device that is not sure to be ours.
    if (['clock', 'identity'].includes(factOf(error, 'reason'))) return
    const kinds: readonly MediaKind[] = isOfCredential(error) ? ['snapshot', 'clip', 'live'] : [grant.kind]
    for (const kind of kinds) {
      this.#held.set(keyOf(grant.camera, kind), { grant, credential })
      this.#remember(grant.camera, kind, credential, 'refused')
    }
  }

  /** Whether asking this camera for this kind, under this grant, with this credential would only be refused again. */
  stands(grant: Grant, credential: Credential | undefined): boolean {
    const { camera, kind } = grant
    const held = this.#held.get(keyOf(camera, kind))
    if (held === undefined) return this.#stoodBefore(grant, credential)
    if (held.grant.signal.aborted) this.over(camera, kind, held.credential)
    else if (sameCredential(held.credential, credential)) return true
    this.#held.delete(keyOf(camera, kind))
    return this.#stoodBefore(grant, credential)
  }

  /** Its owner does not allow this kind now: when they do again, it is asked anew. */
  over(camera: Id, kind: MediaKind, credential: Credential | undefined): void {
    this.#held.delete(keyOf(camera, kind))
    if (this.#isRemembered(camera, kind, credential)) this.#remember(camera, kind, credential, 'doubted')
  }

  /** What the run before this one was refused counts as if this one had been. */
  #stoodBefore(grant: Grant, credential: Credential | undefined): boolean {
    const stood = this.#isRemembered(grant.camera, grant.kind, credential)
    if (stood) this.#held.set(keyOf(grant.camera, grant.kind), { grant, credential })
    return stood
  }

  #isRemembered(camera: Id, kind: MediaKind, credential: Credential | undefined): boolean {
    return credential !== undefined && this.#memory.last(camera, credential, WAY_OF[kind]) === 'refused'
  }

  #remember(camera: Id, kind: MediaKind, credential: Credential | undefined, outcome: SignInOutcome): void {
    if (credential) this.#memory.note(camera, credential, WAY_OF[kind], outcome, this.#clock.nowMs())
  }
}

const keyOf = (camera: Id, kind: MediaKind) => `${camera}/${kind}`

/** As `DigestAuth` and the ONVIF room tell it. */
const isOfCredential = (error: unknown): boolean =>
  ['AUTH_REJECTED', 'NO_CREDENTIAL'].includes(factOf(error, 'diagnosis')) ||
  ['credential', 'no-credential'].includes(factOf(error, 'reason'))

const factOf = (error: unknown, name: string) => (error instanceof LenscapError ? String(error.facts[name] ?? '') : '')
