import type { Socket } from 'node:net'
import type { FaultName } from '../../faults/fault.ts'
import type { FaultSwitches } from '../../faults/switches.ts'
import type { Frame, FrameSink } from '../interleaved.ts'
import { channelWrongly } from './sessions.ts'
import { writeWrongly } from './texts.ts'

/** No `$` in it, at which a client might find its way again. */
const GARBAGE = Buffer.from('00ff5a0d0a5a00ff', 'hex')
const STRAY = Buffer.from('24c800085a5a5a5a5a5a5a5a', 'hex')
const TOO_LONG_BY = 4

/** How frames are written. */
const FRAMES: Partial<Record<FaultName, (frame: Frame) => Frame>> = {
  'interleaved-garbage': (frame) => [...frame, GARBAGE],
  'interleaved-stray': (frame) => [...frame, STRAY],
  'interleaved-length-wrong': ([head, ...packet]) => {
    const changed = Buffer.from(head)
    changed.writeUInt16BE((head.readUInt16BE(2) + TOO_LONG_BY) & 0xffff, 2)
    return [changed, ...packet]
  },
}

/** All that leaves one connection: answers, and interleaved frames between them. */
export class Outlet implements FrameSink {
  readonly #socket: Socket
  readonly #faults: FaultSwitches
  #held: readonly Buffer[] = []
  #isShut = false

  constructor(socket: Socket, faults: FaultSwitches) {
    this.#socket = socket
    this.#faults = faults
  }

  /** Lets nothing more out. */
  shut(): void {
    this.#isShut = true
  }

  /** An answer to a request of that method, or a request of our own. */
  text(method: string, text: string): void {
    if (this.#isShut) return
    this.#release()
    if (!writeWrongly(this.#socket, method, text, this.#faults)) this.shut()
  }

  frame(frame: Frame): void {
    if (this.#isShut) return
    if (this.#faults.isEmpty && this.#held.length === 0) this.#write(frame)
    else this.#spoil(frame)
  }

  #spoil([head, ...packet]: Frame): void {
    const sent = Buffer.from(head)
    sent[1] = channelWrongly(sent.readUInt8(1), this.#faults)
    const frame = [...this.#faults.active(FRAMES)].reduce<Frame>(
      (before, [change]) => change(before),
      [sent, ...packet],
    )
    this.#release()
    if (!this.#faults.isOn('interleaved-cut')) {
      this.#write(frame)
      return
    }
    // What follows the first byte waits for the next frame: the last one of each tick is cut for a whole tick.
    const [first, ...rest] = frame
    this.#held = [first.subarray(1), ...rest]
    this.#write([first.subarray(0, 1)])
  }

  #release(): void {
    this.#write(this.#held)
    this.#held = []
  }

  #write(parts: readonly Buffer[]): void {
    for (const part of parts) this.#socket.write(part)
  }
}
