import type { Clock } from '../base/clock.ts'
import { describeError, errorKind } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import type { Logger } from '../base/logger.ts'
import type { Consent, Grant } from '../consent/consent.ts'
import type { Egress } from '../egress/egress.ts'
import type { LiveLine } from '../egress/live-line.ts'
import type { UploadTarget } from '../egress/upload.ts'
import type { LiveAccess, LiveStreams } from '../media/live-streams.ts'
import type { Id } from '../protocol/envelope.ts'
import type { LiveOrder, LiveTrouble } from '../protocol/live.ts'
import type { CommandResult, DownCommand } from '../transport/inbox.ts'

/** Each is a connection to the bridge and mostly one to a camera. */
const SESSIONS_MAX = 16

interface LiveSessionsDeps {
  readonly consent: Pick<Consent, 'grant'>
  readonly streams: Pick<LiveStreams, 'watch'>
  /** @throws LenscapError `unreachable` once the camera is not known any more */
  readonly access: (camera: Id) => LiveAccess | undefined
  readonly egress: Pick<Egress, 'ledger'>
  readonly target: UploadTarget
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** What the owner is told. */
  readonly onActivity: (message: string, camera: Id) => void
}

interface Session {
  readonly stop: LinkedController
  /** By the monotonic clock. */
  untilMs: number
}

/**
 * The live views that the bridge has asked for: each joins a camera's stream with a connection to the bridge, under a grant,
 * and ends when nobody asks for it any more.
 */
export class LiveSessions {
  readonly #deps: LiveSessionsDeps
  readonly #sessions = new Map<Id, Session>()
  readonly #work = new Set<Promise<void>>()

  constructor(deps: LiveSessionsDeps) {
    this.#deps = deps
  }

  /** Begins a live view, lets it go on, or ends it. What becomes of one that begins is told in its connection. */
  order({ camera, live }: Pick<DownCommand, 'camera' | 'live'>): CommandResult {
    if (camera === undefined || live === undefined) return no('bridge', 'A live view of what?')
    const held = this.#sessions.get(live.session)
    if (live.leaseMs === 0) {
      held?.stop.abort()
      return { ok: true, message: 'Ended' }
    }
    const untilMs = this.#deps.clock.monotonicMs() + live.leaseMs
    if (held) {
      held.untilMs = untilMs
      return { ok: true, message: 'Goes on' }
    }
    const grant = this.#deps.consent.grant(camera, 'live')
    if (grant === undefined) return no('no-consent', 'The owner does not allow live view of this camera')
    const access = this.#deps.access(camera)
    if (access === undefined) return no('camera', 'The camera is not known, or does not answer')
    if (this.#sessions.size >= SESSIONS_MAX) return no('busy', 'Too many live views at a time: end some')
    this.#begin(grant, access, live, untilMs)
    return { ok: true, message: 'Begun' }
  }

  /** Resolves when everything that ran has ended; the signal must have fired. */
  async ended(): Promise<void> {
    await Promise.all(this.#work)
  }

  #begin(grant: Grant, access: LiveAccess, order: LiveOrder, untilMs: number): void {
    const stop = new LinkedController(this.#deps.signal, grant.signal)
    const session: Session = { stop, untilMs }
    this.#sessions.set(order.session, session)
    const work = Promise.all([this.#expire(session), this.#run(grant, access, order, session)])
      .then(() => {})
      .finally(() => this.#work.delete(work))
    this.#work.add(work)
  }

  /** A bridge that has died renews nothing. */
  async #expire(session: Session): Promise<void> {
    const { clock } = this.#deps
    const { stop } = session
    while (!stop.signal.aborted) {
      const leftMs = session.untilMs - clock.monotonicMs()
      if (leftMs <= 0) stop.abort()
      else await clock.sleep(leftMs, stop.signal).catch(() => {})
    }
  }

  /** Never throws. */
  async #run(grant: Grant, access: LiveAccess, order: LiveOrder, { stop }: Session): Promise<void> {
    const { logger, signal, onActivity, clock } = this.#deps
    const { camera } = access
    const begunMs = clock.monotonicMs()
    try {
      const line = await this.#dial(grant, order)
      onActivity('Somebody watches live', camera)
      try {
        await this.#stream(grant, access, order, { stop, line })
      } finally {
        // Revoked or told to stop, it is over already.
        await line.close()
        const seconds = Math.round((clock.monotonicMs() - begunMs) / 1000)
        onActivity(`Live view has ended: ${line.sentBytes} bytes in ${seconds} s`, camera)
      }
    } catch (error) {
      if (!signal.aborted) logger.warn({ camera, reason: describeError(error) }, 'A live view could not begin')
    } finally {
      stop.abort()
      stop[Symbol.dispose]()
      this.#sessions.delete(order.session)
    }
  }

  async #dial(grant: Grant, { session, quality }: LiveOrder) {
    const { egress, target, clock, logger, signal } = this.#deps
    // Loaded when somebody watches: a box that nobody watches never has it in memory.
    const { LiveLine } = await import('../egress/live-line.ts')
    return await LiveLine.open({ ...{ grant, session, quality, target, clock, logger, signal }, ledger: egress.ledger })
  }

  async #stream(
    grant: Grant,
    access: LiveAccess,
    { quality }: LiveOrder,
    { stop, line }: Pick<Session, 'stop'> & { line: LiveLine },
  ): Promise<void> {
    const tell = (error: unknown) => line.say({ type: 'trouble', ...troubleOf(error) })
    const over = new Promise<void>((resolve) => {
      stop.signal.addEventListener('abort', () => resolve(), { once: true })
      if (stop.signal.aborted) resolve()
    })
    try {
      using _ = this.#deps.streams.watch(grant, access, quality, {
        onPiece: (piece) => line.send(piece),
        onTrouble: (error, final) => {
          tell(error)
          if (final) stop.abort()
        },
      })
      await Promise.race([over, line.ended])
    } catch (error) {
      tell(error)
    }
  }
}

const no = (reason: LiveTrouble, message: string): CommandResult => ({ ok: false, message, reason })

function troubleOf(error: unknown): { reason: LiveTrouble; message: string } {
  const reason = errorKind(error) === 'unsupported' ? 'unsupported' : 'camera'
  return { reason, message: describeError(error).slice(0, 256) }
}
