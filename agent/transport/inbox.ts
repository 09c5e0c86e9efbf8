import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Ack, Command, Reply } from '../protocol/bridge.ts'
import { type Envelope, type Id, PROTOCOL_VERSION } from '../protocol/envelope.ts'
import type { SignedGrant } from '../protocol/grant.ts'
import { MESSAGES, PAYLOAD_BYTES_MAX, parseTopic } from '../protocol/topics.ts'

/** A command with the id that its reply carries. */
export type DownCommand = Command & { readonly id: Id }
export type CommandResult = Omit<Reply, keyof Envelope>

/** What the composition root does with what comes down. */
export interface DownHandlers {
  /** Takes the owner's grant; what it throws is logged, and the grant does not count. */
  onGrant(grant: SignedGrant): void | Promise<void>
  /** Does what was asked and says how it went; what it throws is told in the reply. */
  onCommand(command: DownCommand, signal: AbortSignal): Promise<CommandResult>
}

export interface InboxDeps {
  readonly prefix: string
  readonly agent: Id
  readonly clock: Clock
  readonly logger: Logger
  readonly handlers: DownHandlers
  readonly onAck: (ack: Ack) => void
  readonly reply: (id: Id, payload: string) => Promise<void>
  readonly signal: AbortSignal
}

const COMMANDS_AT_ONCE_MAX = 8
const COMMANDS_REMEMBERED_MAX = 256

/** Parses everything that comes down, once, and hands it on. What is no message of ours is counted and let go. */
export class Inbox {
  readonly #deps: InboxDeps
  /** Ids of commands done: QoS 1 may deliver one twice. Lives as long as the process, across connections. */
  readonly #done: Set<Id>
  #running = 0
  #junk = 0

  constructor(deps: InboxDeps, done: Set<Id>) {
    this.#deps = deps
    this.#done = done
  }

  /** How many messages were let go. */
  get junk(): number {
    return this.#junk
  }

  /** Never throws, whatever comes. */
  take(topic: string, payload: Buffer, retained: boolean): void {
    if (!this.#accept(topic, payload, retained)) this.#drop(topic)
  }

  /** Whether it is a message of ours. */
  #accept(topic: string, payload: Buffer, retained: boolean): boolean {
    const { prefix, agent, handlers, onAck } = this.#deps
    const parts = parseTopic(prefix, topic)
    const json = payload.length <= PAYLOAD_BYTES_MAX ? parseJson(payload) : undefined
    if (parts?.agent !== agent || json === undefined) return false
    if (parts.name === 'ack') {
      const ack = MESSAGES.ack.schema.safeParse(json)
      if (ack.success) this.#tell('acknowledgement', async () => onAck(ack.data))
      return ack.success
    }
    if (parts.name === 'grant') {
      const message = MESSAGES.grant.schema.safeParse(json)
      if (message.success) this.#tell('grant', async () => handlers.onGrant(message.data.grant))
      return message.success
    }
    const command = MESSAGES.command.schema.safeParse(json)
    // A retained command would be done again at each connect.
    if (parts.name !== 'command' || parts.id === undefined || !command.success || retained) return false
    void this.#run({ ...command.data, id: parts.id })
    return true
  }

  #tell(what: string, hand: () => Promise<void>): void {
    hand().catch((error: unknown) => {
      this.#deps.logger.warn({ what, reason: describeError(error) }, 'What came down was not taken')
    })
  }

  async #run(command: DownCommand): Promise<void> {
    const { clock, handlers, logger, reply, signal } = this.#deps
    if (this.#done.has(command.id)) return
    this.#remember(command.id)
    if (command.expires <= clock.nowMs()) {
      logger.info({ command: command.name, id: command.id }, 'A command came too late and was not done')
      return
    }
    let result: CommandResult = { ok: false, message: 'The box is busy with other commands: try again' }
    if (this.#running < COMMANDS_AT_ONCE_MAX) {
      this.#running += 1
      try {
        result = await handlers.onCommand(command, signal)
      } catch (error) {
        result = { ok: false, message: describeError(error) }
      } finally {
        this.#running -= 1
      }
    }
    const envelope: Envelope = { v: PROTOCOL_VERSION, at: clock.nowMs(), seq: 0 }
    const { ok, message, reason } = result
    const text: Reply = { ...envelope, ok, message: message.slice(0, 512), ...(reason && { reason }) }
    await reply(command.id, JSON.stringify(text)).catch(() => logger.debug({ id: command.id }, 'A reply found no way'))
  }

  #remember(id: Id): void {
    this.#done.add(id)
    if (this.#done.size <= COMMANDS_REMEMBERED_MAX) return
    for (const first of this.#done) {
      this.#done.delete(first)
      return
    }
  }

  #drop(topic: string): void {
    this.#junk += 1
    // Each tenfold is told: a flood of junk must not become a flood of log lines.
    if (Number.isInteger(Math.log10(this.#junk))) {
      const facts = { topic: topic.slice(0, 128), dropped: this.#junk }
      this.#deps.logger.warn(facts, 'A message that is none of ours came down and was let go')
    }
  }
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString())
  } catch {
    return undefined
  }
}
