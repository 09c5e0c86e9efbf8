import type { CameraFacts } from '../onvif/facts.ts'
import type { Pacer } from './pacer.ts'
import type { RtspSession } from './session.ts'
import { keepsAlive, sessionTimeoutMs } from './wrong/keep-alive.ts'

/** Beyond this many, a camera has no bandwidth for another; a recorder has more. */
const SESSIONS_MAX = 32
const SESSIONS_PER_CHANNEL_MAX = 4

/**
 * All sessions of one camera, by their ids. A session is no connection's property: any may name it, and one whose packets
 * all go over UDP lives on when the connection that set it up is gone, until its client is silent for too long (RFC 2326, 1.3 and 3.4).
 */
export class Sessions {
  readonly #facts: CameraFacts
  readonly #pacer: Pacer
  readonly #all = new Map<string, RtspSession>()
  /** Those whose connection is gone. */
  readonly #left = new Set<RtspSession>()

  constructor(facts: CameraFacts, pacer: Pacer) {
    this.#facts = facts
    this.#pacer = pacer
  }

  get isFull(): boolean {
    return this.#all.size >= Math.max(SESSIONS_MAX, SESSIONS_PER_CHANNEL_MAX * this.#facts.profile.channels)
  }

  add(session: RtspSession): void {
    this.#all.set(session.id, session)
  }

  /** The session of that id. `sign`: a sign of its client's life, a request's method. */
  find(id: string | undefined, sign: string): RtspSession | undefined {
    const session = this.#all.get(id ?? '')
    if (session) this.noteLife(session, sign)
    return session
  }

  noteLife(session: RtspSession, sign: string): void {
    const { faults, now } = this.#facts
    if (keepsAlive(sign, faults)) session.heardMs = now()
  }

  isSilent(session: RtspSession, nowMs: number): boolean {
    return nowMs - session.heardMs > sessionTimeoutMs(this.#facts.faults)
  }

  /** Sends what is due. */
  advance(session: RtspSession, nowMs: number): void {
    if (this.#facts.faults.isOn('rtsp-stall')) session.skip(nowMs)
    session.advance(nowMs, this.#clockAheadMs())
  }

  /** Its connection is gone: from now on it is driven from here, if it can go on without. */
  leave(session: RtspSession): void {
    if (!this.#all.has(session.id)) return
    if (!session.outlivesConnection) {
      this.#drop(session)
      return
    }
    this.#left.add(session)
    this.#pacer.add(this.#tick)
  }

  /** Ends it, and tells its client so (RFC 3550, 6.6). */
  end(session: RtspSession): void {
    session.sayBye(this.#facts.now(), this.#clockAheadMs())
    this.#drop(session)
  }

  /** Ends all without a word: the camera is going down. */
  close(): void {
    for (const session of this.#all.values()) this.#drop(session)
  }

  #clockAheadMs(): number {
    return Math.round(this.#facts.cameraNow() - this.#facts.now())
  }

  #drop(session: RtspSession): void {
    session.close()
    this.#all.delete(session.id)
    this.#left.delete(session)
    if (this.#left.size === 0) this.#pacer.remove(this.#tick)
  }

  readonly #tick = (nowMs: number): void => {
    for (const session of this.#left) {
      if (this.#facts.faults.isOn('unreachable')) this.#drop(session)
      else if (this.isSilent(session, nowMs)) this.end(session)
      else this.advance(session, nowMs)
    }
  }
}
