/** What may happen on a box that its maker or installer wants to act on, and what its hooks are told, besides `v`, `event` and `at`. */
interface HookFacts {
  /** The box starts and knows nobody: for the first time, or after a reset. The agent waits for these hooks. */
  readonly 'first-boot': object
  readonly 'network-up': { readonly interface: string; readonly addresses: readonly string[] }
  readonly 'network-down': { readonly interface: string }
  /** A new camera, or one that was lost and answers again. */
  readonly 'camera-found': CameraFacts & { readonly again: boolean }
  readonly 'camera-lost': CameraFacts
  readonly 'cap-on': object
  readonly 'cap-off': object
  readonly 'grant-changed': { readonly serial: number }
  readonly 'before-update': UpdateFacts
  readonly 'after-update': UpdateFacts
  readonly 'update-failed': UpdateFacts & { readonly reason: string }
  readonly 'storage-low': { readonly folder: string; readonly freeBytes: number; readonly sizeBytes: number }
  /** The box was wiped. The agent waits for these hooks. */
  readonly 'factory-reset': object
  readonly led: { readonly state: LedState }
}

interface CameraFacts {
  readonly camera: string
  readonly name: string
  readonly address: string
}

interface UpdateFacts {
  readonly from: string
  readonly to: string
}

/** What a light on the box can show, the most pressing one at a time. */
export type LedState = 'starting' | 'unclaimed' | 'offline' | 'attention' | 'capped' | 'online' | 'stopping'

export type HookEvent = keyof HookFacts

/** One thing that happened, with what hooks are told of it. */
export type HookCall = { [E in HookEvent]: { readonly event: E; readonly facts: HookFacts[E] } }[HookEvent]

/** The second argument of a hook, for those that read no JSON; undefined where the event says it all. */
export function subjectOf({ event, facts }: HookCall): string | undefined {
  switch (event) {
    case 'network-up':
    case 'network-down':
      return facts.interface
    case 'camera-found':
    case 'camera-lost':
      return facts.camera
    case 'grant-changed':
      return String(facts.serial)
    case 'before-update':
    case 'after-update':
    case 'update-failed':
      return facts.to
    case 'storage-low':
      return facts.folder
    case 'led':
      return facts.state
    default:
      return undefined
  }
}
