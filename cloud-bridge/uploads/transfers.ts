/** What is needed of an incoming request. */
export interface Transfer {
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

/** The requests that carry media in at this moment, so that a revocation can cut them. */
export class Transfers {
  readonly #running = new Map<string, Set<Transfer>>()

  add(upload: string, request: Transfer): void {
    const requests = this.#running.get(upload) ?? new Set()
    this.#running.set(upload, requests.add(request))
    request.once('close', () => {
      requests.delete(request)
      if (requests.size === 0 && this.#running.get(upload) === requests) this.#running.delete(upload)
    })
  }

  /** This one is about to be answered instead. */
  remove(upload: string, request: Transfer): void {
    this.#running.get(upload)?.delete(request)
  }

  /** Ends the connections at once: nothing that is under way arrives any more. */
  cut(upload: string): void {
    for (const request of this.#running.get(upload) ?? []) request.destroy()
  }
}
