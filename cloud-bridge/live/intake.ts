import type { Clock } from '../../agent/base/clock.ts'
import { describeError, LenscapError } from '../../agent/base/errors.ts'
import type { Logger } from '../../agent/base/logger.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import { type LiveHeard, LiveSaid } from '../../agent/protocol/live.ts'
import { LiveOpener, readLiveHead } from '../../agent/protocol/live-envelope.ts'
import { LIVE_HEADER_BYTES, type LiveHeader, readLiveHeader } from '../../agent/protocol/live-message.ts'
import type { MediaKeys } from '../accounts/media-keys.ts'
import type { Consent } from '../consent/consent.ts'
import type { Device } from '../devices/devices.ts'
import type { Db } from '../store/tables.ts'
import type { Refused } from '../uploads/refused.ts'
import type { Out } from './cache.ts'
import { Receipt } from './receipts.ts'
import type { Socket } from './viewer.ts'

export interface IntakeDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  readonly consent: Consent
  readonly mediaKeys: MediaKeys
  readonly refused: Refused
}

/** A box's connection. */
export interface BoxSocket extends Socket {
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown
  on(event: 'close' | 'error', listener: () => void): unknown
  pause(): void
  resume(): void
}

export interface IntakeWires {
  readonly device: Device
  readonly session: Id
  readonly camera: Id
  readonly socket: BoxSocket
  readonly onPart: (sealed: boolean) => void
  readonly onOut: (out: Out) => void
  readonly onSaid: (said: LiveSaid) => void
  /** `notAllowed`: the owner does not allow it. */
  readonly onEnd: (notAllowed: boolean) => void
}

interface Part {
  readonly receipt: Receipt
  /** Undefined: it is encrypted for the owner alone. */
  readonly opener: LiveOpener | undefined
  next: number
}

const KEEP_MS = 5000

/**
 * One box's messages: verified, counted, and handed on in the clear, or as they are where only the owner can read them.
 * Whether the owner allows it is asked when the box says hello, at each part, and whenever `check` is called.
 */
export class Intake {
  readonly #deps: IntakeDeps
  readonly #wires: IntakeWires
  readonly #waiting: { readonly data: Buffer; readonly isBinary: boolean }[] = []
  #isBusy = false
  #isOver = false
  #serial: number | undefined
  #part: Part | undefined
  #keptMs: number

  constructor(wires: IntakeWires, deps: IntakeDeps) {
    this.#deps = deps
    this.#wires = wires
    this.#keptMs = deps.clock.monotonicMs()
    wires.socket.on('message', (data, isBinary) => {
      this.#waiting.push({ data, isBinary })
      this.#drain()
    })
    for (const event of ['close', 'error'] as const) wires.socket.on(event, () => this.end(false))
  }

  /** Ends it where the owner no longer allows it; keeps the book. To be called every second, and after a switch. */
  async check(): Promise<void> {
    if (this.#isOver || this.#serial === undefined) return
    if (!(await this.#allowed(this.#serial))) return this.end(true)
    const nowMs = this.#deps.clock.monotonicMs()
    if (nowMs - this.#keptMs < KEEP_MS) return
    this.#keptMs = nowMs
    await this.#part?.receipt.keep()
  }

  /** Nothing that comes from now on counts. */
  end(notAllowed: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#waiting.length = 0
    this.#wires.socket.terminate()
    this.#keep(this.#part)
    this.#part = undefined
    this.#wires.onEnd(notAllowed)
  }

  /** In order. What has to ask the records stops the rest meanwhile. */
  #drain(): void {
    while (!this.#isBusy && !this.#isOver) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      try {
        const asking = this.#take(next.data, next.isBinary)
        if (asking === undefined) continue
        this.#isBusy = true
        this.#wires.socket.pause()
        asking
          .catch((error: unknown) => this.#fail(error))
          .finally(() => {
            this.#isBusy = false
            if (!this.#isOver) this.#wires.socket.resume()
            this.#drain()
          })
      } catch (error) {
        this.#fail(error)
      }
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    const { agent } = this.#wires.device
    this.#deps.logger.warn({ agent, reason: describeError(error) }, 'a live view was refused')
    this.end(false)
  }

  #take(data: Buffer, isBinary: boolean): Promise<void> | undefined {
    if (!isBinary) return this.#hear(LiveSaid.parse(JSON.parse(data.toString())))
    if (this.#serial === undefined) throw new LenscapError('invalid', 'The box has not said what it sends')
    const header = readLiveHeader(data)
    if (header.type === 'head') return this.#begin(data, this.#serial)
    this.#pass(header, data)
    return undefined
  }

  #hear(said: LiveSaid): Promise<void> | undefined {
    if (said.type === 'hello') return this.#greet(said)
    this.#wires.onSaid(said)
    return undefined
  }

  async #greet({ session, camera, grantSerial }: Extract<LiveSaid, { type: 'hello' }>): Promise<void> {
    if (this.#serial !== undefined || session !== this.#wires.session || camera !== this.#wires.camera) {
      throw new LenscapError('refused', 'The box sends something else than it was asked for', { camera })
    }
    if (await this.#allowed(grantSerial)) this.#serial = grantSerial
    else await this.#refuse()
  }

  /** Another part: its head says of what camera it is, and under which key. */
  async #begin(message: Buffer, grantSerial: number): Promise<void> {
    const { device, camera, onPart, onOut } = this.#wires
    const head = readLiveHead(message)
    if (head.label.camera !== camera) throw new LenscapError('refused', 'This is of another camera', { camera })
    if (!(await this.#allowed(grantSerial))) return this.#refuse()
    const identity = await this.#deps.mediaKeys.identity(device.account)
    const isPrivate = (await this.#deps.mediaKeys.ownerRecipients(device.account)).length > 0
    const opener = identity && LiveOpener.of(head, identity)
    if (isPrivate === (opener !== undefined)) {
      throw new LenscapError('refused', 'This is not encrypted for whom the owner wants', { camera })
    }
    if (this.#isOver) return
    this.#keep(this.#part)
    const { item } = head.label
    const receipt = new Receipt({ ...device, item, camera, grantSerial }, this.#deps)
    receipt.take(message)
    this.#part = { receipt, opener, next: 0 }
    onPart(opener === undefined)
    if (opener === undefined) onOut({ type: 'head', bytes: message })
  }

  #pass(header: LiveHeader, message: Buffer): void {
    const part = this.#part
    if (part === undefined || header.number !== part.next || header.type === 'head') {
      throw new LenscapError('invalid', 'A message of a live view is missing, or out of place', {
        number: header.number,
      })
    }
    part.next += 1
    const plain = part.opener?.open(message)
    part.receipt.take(message)
    if (header.type === 'end') this.#finish(part)
    else if (plain === undefined) this.#wires.onOut({ type: header.type, bytes: message })
    else this.#wires.onOut({ type: header.type, bytes: inTheClear(message, plain) })
  }

  /** All of a part is here: the box is told once that is in the book. */
  #finish(part: Part): void {
    this.#part = undefined
    const { socket } = this.#wires
    const heard: LiveHeard = { type: 'got', item: part.receipt.item }
    part.receipt.keep().then(
      () => this.#isOver || socket.send(JSON.stringify(heard)),
      (error: unknown) => this.#fail(error),
    )
  }

  async #refuse(): Promise<void> {
    const { device, camera } = this.#wires
    this.end(true)
    await this.#deps.refused.record(device, camera, 'live view')
  }

  #allowed(serial: number): Promise<boolean> {
    const { device, camera } = this.#wires
    return this.#deps.consent.allows(this.#deps.db, device.agent, camera, 'live', serial)
  }

  #keep(part: Part | undefined): void {
    part?.receipt.keep().catch((error: unknown) => {
      this.#deps.logger.error({ reason: describeError(error) }, "can't write down what came of a live view")
    })
  }
}

/** The same header before the plain bytes. */
const inTheClear = (message: Buffer, plain: Buffer): Buffer =>
  Buffer.concat([message.subarray(0, LIVE_HEADER_BYTES), plain])
