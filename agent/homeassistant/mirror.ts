import { Bell } from '../base/bell.ts'
import type { Clock } from '../base/clock.ts'

type Publish = (topic: string, payload: string, retain: true) => Promise<void>

const AT_ONCE_MAX = 32

/** The retained messages that a broker should hold: told at each connect, and whenever one changes. Bounded by its topics. */
export class Mirror {
  readonly #wanted = new Map<string, string>()
  readonly #dirty = new Set<string>()
  readonly #bell: Bell
  readonly #onSettled: () => void

  /** @param onSettled the broker has taken all of it */
  constructor(clock: Clock, onSettled: () => void = () => {}) {
    this.#bell = new Bell(clock)
    this.#onSettled = onSettled
  }

  /** An empty payload takes the topic away. */
  set(topic: string, payload: string): void {
    if (this.#wanted.get(topic) === payload) return
    this.#wanted.set(topic, payload)
    this.#dirty.add(topic)
    this.#bell.ring()
  }

  /** Tell all of it again. */
  renew(): void {
    for (const topic of this.#wanted.keys()) this.#dirty.add(topic)
    this.#bell.ring()
  }

  get settled(): boolean {
    return this.#dirty.size === 0
  }

  /** Tells what changed until the signal fires; where `once`, until all is told. @throws what `publish` throws */
  async run(publish: Publish, signal: AbortSignal, once = false): Promise<void> {
    signal.addEventListener('abort', this.#bell.ring)
    try {
      while (!signal.aborted) {
        const some = [...this.#dirty].slice(0, AT_ONCE_MAX)
        await Promise.all(some.map((topic) => this.#tell(topic, publish)))
        if (!this.settled) continue
        this.#onSettled()
        if (once) return
        await this.#bell.wait(60_000)
      }
    } finally {
      signal.removeEventListener('abort', this.#bell.ring)
    }
  }

  async #tell(topic: string, publish: Publish): Promise<void> {
    const payload = this.#wanted.get(topic) ?? ''
    await publish(topic, payload, true)
    // It may have changed while it was told.
    if ((this.#wanted.get(topic) ?? '') !== payload) return
    this.#dirty.delete(topic)
    if (payload === '') this.#wanted.delete(topic)
  }
}
