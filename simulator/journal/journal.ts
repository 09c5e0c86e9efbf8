type Protocol = 'discovery' | 'http' | 'rtsp'

/** How a request's credential fared. `none`: it carried none. */
export type CredentialOutcome = 'none' | 'accepted' | 'refused'

interface Happening {
  /** UTC ms, by the simulator's own clock, whatever the camera's says. */
  readonly at: number
}

export interface ConnectionEntry extends Happening {
  readonly kind: 'connection'
  readonly protocol: 'http' | 'rtsp'
  readonly client: string
  readonly outcome: 'accepted' | 'refused'
}

export interface RequestEntry extends Happening {
  readonly kind: 'request'
  readonly protocol: Protocol
  /** Address and port. */
  readonly client: string
  /** The SOAP operation, the RTSP method, `Snapshot`, `Probe`, or the HTTP method and path of anything else. */
  readonly operation: string
  readonly authenticated: boolean
  readonly credential: CredentialOutcome
  /** The user that the credential named; never a password or digest. */
  readonly user?: string
  readonly status: number
}

export interface EventEntry extends Happening {
  readonly kind: 'event'
  readonly event: string
  readonly active: boolean
  /** From 1. */
  readonly channel: number
}

/** What was done to the camera itself: its power, place, faults. */
export interface ChangeEntry extends Happening {
  readonly kind: 'change'
  /** In a few words, such as `fault clock-skew=60`. */
  readonly what: string
}

export type JournalEntry = ConnectionEntry | RequestEntry | EventEntry | ChangeEntry

/** Counted from the camera's start: unlike the entries, no count is ever forgotten. */
export interface JournalCounts {
  readonly httpConnections: number
  readonly rtspConnections: number
  readonly snapshotRequests: number
  readonly requests: number
  readonly refusedCredentials: number
}

const ENTRIES_MAX = 1000

type Unstamped<T> = T extends JournalEntry ? Omit<T, 'at'> : never

/** A bounded record of all that any client did with one camera, and of what the camera raised. The oldest entries go first. */
export class Journal {
  readonly #now: () => number
  readonly #entriesMax: number
  readonly #counts = { httpConnections: 0, rtspConnections: 0, snapshotRequests: 0, requests: 0, refusedCredentials: 0 }
  #entries: JournalEntry[] = []

  constructor(now: () => number, entriesMax = ENTRIES_MAX) {
    this.#now = now
    this.#entriesMax = entriesMax
  }

  add(entry: Unstamped<JournalEntry>): void {
    this.#count(entry)
    this.#entries.push({ at: Math.round(this.#now()), ...entry })
    // Cutting a whole half at a time keeps an entry's cost constant.
    if (this.#entries.length >= this.#entriesMax * 2) this.#entries = this.#entries.slice(-this.#entriesMax)
  }

  #count(entry: Unstamped<JournalEntry>): void {
    const counts = this.#counts
    if (entry.kind === 'connection') {
      if (entry.protocol === 'http') counts.httpConnections++
      else counts.rtspConnections++
    } else if (entry.kind === 'request') {
      counts.requests++
      if (entry.operation === 'Snapshot') counts.snapshotRequests++
      if (entry.credential === 'refused') counts.refusedCredentials++
    }
  }

  /** The last entries, oldest first, at most `ENTRIES_MAX`. */
  entries(): readonly JournalEntry[] {
    return this.#entries.slice(-this.#entriesMax)
  }

  requests(): readonly RequestEntry[] {
    return this.entries().filter((entry) => entry.kind === 'request')
  }

  connections(): readonly ConnectionEntry[] {
    return this.entries().filter((entry) => entry.kind === 'connection')
  }

  events(): readonly EventEntry[] {
    return this.entries().filter((entry) => entry.kind === 'event')
  }

  changes(): readonly ChangeEntry[] {
    return this.entries().filter((entry) => entry.kind === 'change')
  }

  counts(): JournalCounts {
    return { ...this.#counts }
  }

  /** How often anyone came for pictures, ever: RTSP connections (also refused ones) plus snapshot requests. */
  mediaConnections(): number {
    return this.#counts.rtspConnections + this.#counts.snapshotRequests
  }
}
