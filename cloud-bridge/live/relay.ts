import { describeError } from '../../agent/base/errors.ts'
import { newId } from '../../agent/base/ids.ts'
import { type Command, Reply } from '../../agent/protocol/bridge.ts'
import { type Id, PROTOCOL_VERSION } from '../../agent/protocol/envelope.ts'
import type { Device } from '../devices/devices.ts'
import type { BoxSocket, IntakeDeps } from './intake.ts'
import type { LiveReason } from './news.ts'
import { LiveSession, type SessionDeps, type Watched } from './session.ts'
import { Viewer, type ViewerDeps } from './viewer.ts'

const TICK_MS = 1000
const BEAT_TICKS = 15
/** Whoever loads a page again finds the stream where it was. */
const LINGER_MS = 1000
const VIEWERS_PER_ACCOUNT_MAX = 64
const SESSIONS_PER_AGENT_MAX = 16
const COMMAND_MS = 30_000
const ASKED_MAX = 1000

export interface LiveRelayDeps extends IntakeDeps {
  /** False: the agent is not there. */
  readonly sendCommand: (agent: Id, id: Id, command: Command) => boolean
}

/** All live views: who watches what, and which box brings it. */
export class LiveRelay implements Disposable {
  readonly #deps: LiveRelayDeps
  readonly #sessions = new Map<string, LiveSession>()
  /** Which session a command was for, until its reply. */
  readonly #asked = new Map<Id, LiveSession>()
  readonly #timer: NodeJS.Timeout
  #ticks = 0

  constructor(deps: LiveRelayDeps) {
    this.#deps = deps
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref()
  }

  /** Why nobody else may watch this now, if so. */
  refusal({ account, agent, camera, quality }: Watched): LiveReason | undefined {
    const sessions = [...this.#sessions.values()]
    const viewers = sessions.filter(({ watched }) => watched.account === account).map(({ viewers: { size } }) => size)
    if (viewers.reduce((sum, size) => sum + size, 0) >= VIEWERS_PER_ACCOUNT_MAX) return 'busy'
    if (this.#sessions.has(keyOf({ account, agent, camera, quality }))) return undefined
    const ofAgent = sessions.filter(({ watched }) => watched.agent === agent).length
    return ofAgent >= SESSIONS_PER_AGENT_MAX ? 'busy' : undefined
  }

  /** Shows a camera to somebody who may see it. Returns what is to be called when they have gone. */
  watch(watched: Watched, viewerDeps: ViewerDeps): () => void {
    const viewer = new Viewer(viewerDeps)
    const session = this.#sessionOf(watched)
    session.add(viewer)
    return () => session.remove(viewer)
  }

  /** A box's connection for a session that it was asked for; false: it was not. */
  connect(device: Device, id: Id, socket: BoxSocket): boolean {
    const session = this.expects(device, id)
    session?.connect(device, socket)
    return session !== undefined
  }

  expects({ agent }: Device, id: Id): LiveSession | undefined {
    return [...this.#sessions.values()].find((each) => each.id === id && each.watched.agent === agent && !each.isOver)
  }

  /** A box's answer to a command. */
  replied(agent: Id, command: Id, payload: Buffer): void {
    const session = this.#asked.get(command)
    if (session?.watched.agent !== agent) return
    this.#asked.delete(command)
    const reply = Reply.safeParse(parseJson(payload))
    if (reply.success) session.replied(reply.data)
  }

  /** Cuts what this box's owner no longer allows. */
  async revoke(agent: Id): Promise<void> {
    const sessions = [...this.#sessions.values()].filter(({ watched }) => watched.agent === agent)
    await Promise.all(sessions.map((session) => this.#check(session)))
  }

  /** Who has signed out sees nothing more. */
  signedOut(token: string): void {
    for (const { viewers } of this.#sessions.values()) {
      for (const viewer of viewers) if (viewer.deps.token === token) end(viewer)
    }
  }

  /** An account is no more. */
  end(account: Id): void {
    for (const session of [...this.#sessions.values()]) if (session.watched.account === account) session.end('gone')
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    for (const session of [...this.#sessions.values()]) session.end('bridge')
  }

  #sessionOf(watched: Watched): LiveSession {
    const key = keyOf(watched)
    const held = this.#sessions.get(key)
    if (held && !held.isOver) return held
    const session: LiveSession = new LiveSession(watched, {
      ...this.#deps,
      ask: (of, id, leaseMs) => this.#ask(session, of, id, leaseMs),
      onEmpty: () => this.#leave(key, session),
    } satisfies SessionDeps)
    this.#sessions.set(key, session)
    return session
  }

  #leave(key: string, session: LiveSession): void {
    const forget = () => {
      if (session.viewers.size > 0) return
      session.end('gone')
      if (this.#sessions.get(key) === session) this.#sessions.delete(key)
      for (const [command, asked] of this.#asked) if (asked === session) this.#asked.delete(command)
    }
    if (session.isOver) forget()
    else setTimeout(forget, LINGER_MS).unref()
  }

  #ask(session: LiveSession, { agent, camera, quality }: Watched, id: Id, leaseMs: number): boolean {
    const at = this.#deps.clock.nowMs()
    const live = { session: id, quality, leaseMs }
    const command: Command = {
      ...{ v: PROTOCOL_VERSION, at, seq: 0, name: 'live', camera, expires: at + COMMAND_MS },
      live,
    }
    const commandId = newId()
    if (!this.#deps.sendCommand(agent, commandId, command)) return false
    this.#asked.set(commandId, session)
    for (const [oldest] of this.#asked) {
      if (this.#asked.size <= ASKED_MAX) break
      this.#asked.delete(oldest)
    }
    return true
  }

  #tick(): void {
    this.#ticks += 1
    for (const session of this.#sessions.values()) {
      session.tick().catch((error: unknown) => {
        this.#deps.logger.error({ reason: describeError(error) }, 'a live view was not looked after')
        // What can't be asked is not allowed.
        session.end('bridge')
      })
      if (this.#ticks % BEAT_TICKS === 0) for (const viewer of session.viewers) this.#beat(viewer)
    }
  }

  #beat(viewer: Viewer): void {
    viewer.deps.socket.ping()
    viewer.deps.stillSignedIn().then(
      (yes) => yes || end(viewer),
      () => end(viewer),
    )
  }

  async #check(session: LiveSession): Promise<void> {
    const { agent, camera } = session.watched
    if (!(await this.#deps.consent.allowsNow(agent, camera, 'live'))) session.end('no-consent')
    else await session.check()
  }
}

const end = (viewer: Viewer): void => viewer.end({ state: 'over', reason: 'signed-out', message: '', sealed: false })

const keyOf = ({ account, agent, camera, quality }: Watched): string => [account, agent, camera, quality].join('/')

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString())
  } catch {
    return undefined
  }
}
