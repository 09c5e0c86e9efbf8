/** One end of the channel between two processes of Node: `process`, or a child. */
interface Channel {
  send?(message: object): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
}

type Methods = Record<string, (...args: never[]) => unknown>
interface Message {
  readonly id: number
  readonly method?: string
  readonly args?: readonly unknown[]
  readonly answer?: unknown
  readonly error?: string
}

/** Lets each of two processes call the other's methods; the channel is theirs alone and needs no network. */
export class Rpc {
  readonly #channel: Channel
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #last = 0

  constructor(channel: Channel, methods: Methods) {
    this.#channel = channel
    channel.on('message', (message) => void this.#take(message as Message, methods))
  }

  /** @throws Error with what the other side's method threw */
  async call<T>(method: string, ...args: unknown[]): Promise<T> {
    this.#last += 1
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(this.#last, waiting)
    this.#channel.send?.({ id: this.#last, method, args })
    return (await waiting.promise) as T
  }

  async #take({ id, method, args = [], answer, error }: Message, methods: Methods): Promise<void> {
    if (method === undefined) {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) waiting?.resolve(answer)
      else waiting?.reject(new Error(error))
      return
    }
    try {
      this.#channel.send?.({ id, answer: await methods[method]?.(...(args as never[])) })
    } catch (reason) {
      this.#channel.send?.({ id, error: reason instanceof Error ? reason.message : String(reason) })
    }
  }
}
