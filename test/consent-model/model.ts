import type { GrantDocument } from '../../agent/protocol/grant.ts'

export const CAMERAS = ['cameraaaaaaaaaaa', 'camerabbbbbbbbbb'] as const
export const KINDS = ['snapshot', 'clip'] as const
export type Camera = (typeof CAMERAS)[number]
export type Kind = (typeof KINDS)[number]
export type Scope = `${Camera}.${Kind}`

const SCOPES = CAMERAS.flatMap((camera) => KINDS.map((kind): Scope => `${camera}.${kind}`))

/**
 * What the promise says, in a few lines that share nothing with the agent's code: what may leave now, and from when on.
 * A scope's `era` grows each time permission for it ends: what was taken in an earlier one may never leave.
 */
export class Model {
  held: GrantDocument | undefined
  cap = false
  wallMs: number
  /** The latest time that the box has known. */
  latestMs: number
  readonly #eras = new Map<Scope, number>()
  #allowed: ReadonlySet<Scope> = new Set()

  constructor(wallMs: number) {
    this.wallMs = wallMs
    this.latestMs = wallMs
  }

  allows(scope: Scope): boolean {
    return this.#allowed.has(scope)
  }

  get allowed(): ReadonlySet<Scope> {
    return this.#allowed
  }

  era(scope: Scope): number {
    return this.#eras.get(scope) ?? 0
  }

  grant(document: GrantDocument): void {
    if (document.serial <= (this.held?.serial ?? 0)) return
    this.held = document
    const clockSaysNow = this.wallMs >= document.notBefore && this.wallMs < document.expires
    if (clockSaysNow && this.latestMs >= document.expires) this.latestMs = this.wallMs
    this.review()
  }

  setCap(on: boolean): void {
    this.cap = on
    this.review()
  }

  /** Time passes, and the clock shows it. */
  pass(ms: number): void {
    this.wallMs += ms
    this.latestMs = Math.max(this.latestMs + ms, this.wallMs)
    this.review()
  }

  /** The clock is set; no time passes. */
  setClock(wallMs: number): void {
    this.wallMs = wallMs
    this.latestMs = Math.max(this.latestMs, wallMs)
    this.review()
  }

  /** Without a grant there was nothing to keep the time for. */
  restart(): void {
    if (this.held === undefined) this.latestMs = this.wallMs
    this.review()
  }

  review(): void {
    const now = new Set(SCOPES.filter((scope) => this.#isAllowed(scope)))
    for (const scope of this.#allowed) if (!now.has(scope)) this.#eras.set(scope, this.era(scope) + 1)
    this.#allowed = now
  }

  #isAllowed(scope: Scope): boolean {
    if (this.held === undefined || this.cap) return false
    if (this.wallMs < this.held.notBefore || this.latestMs >= this.held.expires) return false
    return this.held.cameras.some(({ camera, kinds }) => kinds.some((kind) => `${camera}.${kind}` === scope))
  }
}
