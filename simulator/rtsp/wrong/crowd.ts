import type { Socket } from 'node:net'
import { reset } from '../../faults/reset.ts'
import type { FaultSwitches } from '../../faults/switches.ts'

/** All clients that one camera has at a time, in the order of their coming. */
export class Crowd {
  readonly #sockets = new Set<Socket>()
  readonly #faults: FaultSwitches

  constructor(faults: FaultSwitches) {
    this.#faults = faults
  }

  enter(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#faults.isOn('rtsp-crowd-dies') && this.#sockets.size > this.#faults.valueOf('rtsp-crowd-dies'))
      for (const one of this.#sockets) reset(one)
  }

  /** Whether there is no room for this one, since that many came before it. */
  hasNoRoomFor(socket: Socket): boolean {
    if (!this.#faults.isOn('rtsp-clients-max')) return false
    return [...this.#sockets].indexOf(socket) >= this.#faults.valueOf('rtsp-clients-max')
  }
}
