import type { LiveType } from '../../agent/protocol/live-message.ts'

/** A message as viewers get it. */
export interface Out {
  readonly type: Exclude<LiveType, 'end'>
  readonly bytes: Buffer
}

/** What a viewer who comes late needs: the newest keyframe, what makes it readable, and what came since. */
export class Cache {
  readonly #bytesMax: number
  /** Head and initialisation segment of the part that is under way. */
  #prefix: Out[] = []
  #entries: Out[] = []
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** In order; empty until there is a keyframe, and from a bound on until there is another. */
  get entries(): readonly Out[] {
    return this.#entries
  }

  add(out: Out): void {
    // Where the bridge opens what comes, no heads are passed on: then a part begins with its `init`.
    const isHeadless = out.type === 'init' && this.#prefix.at(-1)?.type === 'init'
    if (out.type === 'head' || isHeadless) this.#prefix = []
    if (out.type === 'head' || out.type === 'init') this.#prefix.push(out)
    if (out.type === 'key') {
      this.#entries = [...this.#prefix, out]
      this.#bytes = this.#entries.reduce((sum, { bytes }) => sum + bytes.length, 0)
    } else if (this.#entries.length > 0) {
      this.#entries.push(out)
      this.#bytes += out.bytes.length
    }
    if (this.#bytes > this.#bytesMax) this.clear()
  }

  /** What lies here is of no use any more. The part may go on. */
  clear(): void {
    this.#entries = []
    this.#bytes = 0
  }
}
