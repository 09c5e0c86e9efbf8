import type { Clock } from '../../agent/base/clock.ts'
import type { Ack } from '../../agent/protocol/bridge.ts'
import { type Id, PROTOCOL_VERSION } from '../../agent/protocol/envelope.ts'
import type { Numbers } from './numbers.ts'

const INTERVAL_MS = 50
// The highest ones: a box that let old messages go has only gaps below them.
const RANGES_SENT_MAX = 64

/** Sends each agent its acknowledgements: the first at once, then at most one per stream every 50 ms. */
export class AckSender implements Disposable {
  readonly #clock: Clock
  readonly #send: (agent: Id, ack: Ack) => void
  readonly #waiting = new Map<Id, { timer: NodeJS.Timeout; acks: Map<Id, Numbers> }>()

  constructor(clock: Clock, send: (agent: Id, ack: Ack) => void) {
    this.#clock = clock
    this.#send = send
  }

  committed(agent: Id, stream: Id, numbers: Numbers): void {
    const waiting = this.#waiting.get(agent)
    if (waiting) {
      waiting.acks.set(stream, numbers)
      return
    }
    this.#send(agent, ackOf(stream, numbers, this.#clock.nowMs()))
    this.#waiting.set(agent, { timer: this.#later(agent), acks: new Map() })
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }

  #later(agent: Id): NodeJS.Timeout {
    return setTimeout(() => {
      const acks = this.#waiting.get(agent)?.acks
      this.#waiting.delete(agent)
      for (const [stream, numbers] of acks ?? []) this.committed(agent, stream, numbers)
    }, INTERVAL_MS)
  }
}

export function ackOf(stream: Id, numbers: Numbers, nowMs: number): Ack {
  const ahead = numbers.ahead.slice(-RANGES_SENT_MAX).map(([from, to]): [number, number] => [from, to])
  return { v: PROTOCOL_VERSION, at: nowMs, seq: 0, stream, upTo: numbers.upTo, ahead }
}
