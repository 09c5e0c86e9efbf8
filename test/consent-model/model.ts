import type { GrantDocument } from '../../agent/protocol/grant.ts'

/** Whom media are encrypted for; nobody here reads them. */
export const RECIPIENTS = ['age1u02a0nentmtpln47q6duxtjze5flnlnrtxdv5janptgr92uf2qeshhan3n']

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
  /** What a restart would find. */
  #kept: GrantDocument | undefined
  isDiskFull = false
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
    const { held } = this
    if (document.serial <= (held?.serial ?? 0)) return
    if (this.isDiskFull) this.held = held && common(held, document)
    else {
      this.#kept = document
      this.held = document
      const clockSaysNow = this.wallMs >= document.notBefore && this.wallMs < document.expires
      if (clockSaysNow && this.latestMs >= document.expires) this.latestMs = this.wallMs
    }
    this.review()
  }

  setCap(on: boolean): void {
    this.cap = on
    this.review()
  }

  /** Time passes, and the clock shows it. */
  pass(ms: number): void {
    this.wallMs += ms
    this.latestMs = this.#laterOf(this.latestMs + ms)
    this.review()
  }

  /** The clock is set; no time passes. */
  setClock(wallMs: number): void {
    this.wallMs = wallMs
    this.latestMs = this.#laterOf(this.latestMs)
    this.review()
  }

  /** @param latestMs what the box kept of the latest time, where it had no time to keep it */
  restart(latestMs = this.latestMs): void {
    this.held = this.#kept
    this.latestMs = this.#laterOf(latestMs)
    this.review()
  }

  /** The box knows nobody any more; the cap stays. */
  wipe(): void {
    this.#kept = undefined
    this.restart()
  }

  /** Without a grant there is nothing to keep the time for. */
  #laterOf(latestMs: number): number {
    return this.held === undefined ? this.wallMs : Math.max(latestMs, this.wallMs)
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

/** What both allow. */
function common(held: GrantDocument, newer: GrantDocument): GrantDocument {
  const may = (camera: string, kind: string) =>
    newer.cameras.some((each) => each.camera === camera && each.kinds.some((other) => other === kind))
  const cameras = held.cameras.map(({ camera, kinds }) => ({
    camera,
    kinds: kinds.filter((kind) => may(camera, kind)),
  }))
  const [notBefore, expires] = [Math.max(held.notBefore, newer.notBefore), Math.min(held.expires, newer.expires)]
  return { ...held, cameras, notBefore, expires }
}
