import type { Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'

/** Long enough for the next call of a reading or the next pull; a device's slot is not held for anything later. */
const KEPT_MS = 1_500

/** Who closes a connection without a word does so at once: later than this after a request, it is about the request. */
const CLOSING_MS = 500

/** Where a connection leads. */
interface Place {
  readonly address: string
  readonly port: number
  readonly https: boolean
}

interface Parked {
  readonly name: string
  readonly socket: Socket
  readonly timer: NodeJS.Timeout
}

/**
 * The one connection to a device that is kept between two exchanges, and whether the device likes that. A fresh one for
 * each costs both sides more, and an old camera a socket that lingers for a minute.
 */
export class KeptConnection {
  readonly #clock: Clock
  #isWelcome: boolean
  #parked: Parked | undefined
  #takenMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, isWelcome: boolean) {
    this.#clock = clock
    this.#isWelcome = isWelcome
  }

  get isWelcome(): boolean {
    return this.#isWelcome
  }

  /** The one to there, where there is one. Whatever was kept to elsewhere is closed: it counts with the device. */
  take(place: Place): Socket | undefined {
    const parked = this.#parked
    if (!parked) return undefined
    if (parked.name !== nameOf(place) || !isOpen(parked.socket)) {
      this.#drop(parked)
      return undefined
    }
    this.#leave(parked)
    this.#takenMs = this.#clock.monotonicMs()
    return parked.socket.ref()
  }

  /** Keeps an open connection that nobody listens to any more. */
  park(place: Place, socket: Socket): void {
    if (this.#parked) this.#drop(this.#parked)
    const timer = setTimeout(() => this.#drop(parked), KEPT_MS).unref()
    const parked = { name: nameOf(place), socket: socket.unref(), timer }
    this.#parked = parked
    // Whatever comes now is no answer to anything.
    socket.on('data', this.#close).on('end', this.#close).on('close', this.#close).on('error', this.#close)
  }

  /**
   * The one that was taken broke before a byte of an answer had come. No more are kept, where it was for that.
   * @returns whether the device had closed it before it saw the request, which then may be sent again
   */
  broke(): boolean {
    if (this.#clock.monotonicMs() - this.#takenMs > CLOSING_MS) return false
    this.#isWelcome = false
    return true
  }

  readonly #close = () => {
    if (this.#parked) this.#drop(this.#parked)
  }

  #drop(parked: Parked): void {
    this.#leave(parked)
    parked.socket.on('error', () => {})
    parked.socket.destroy()
  }

  #leave({ socket, timer }: Parked): void {
    clearTimeout(timer)
    for (const event of ['data', 'end', 'close', 'error']) socket.off(event, this.#close)
    this.#parked = undefined
  }
}

const nameOf = ({ address, port, https }: Place) => `${https ? 's' : ''}${port} ${address}`

const isOpen = (socket: Socket) => !socket.destroyed && socket.writable && !socket.readableEnded
