import type { WriteStream } from 'node:tty'
import { type DemoFacts, renderLine, renderView } from './view.ts'

const LINE_EVERY_MS = 5000

/** Where the live view is shown: drawn over in a terminal, a line now and then elsewhere. */
export class Screen {
  readonly #out: WriteStream
  #drawnLines = 0
  #lastLineMs = Number.NEGATIVE_INFINITY
  #loginShown = false

  constructor(out: WriteStream) {
    this.#out = out
  }

  /** One step of the start. */
  step(text: string): void {
    this.#out.write(`${text}\n`)
  }

  show(facts: DemoFacts): void {
    if (this.#out.isTTY) this.#draw(facts)
    else this.#log(facts)
  }

  /** Leaves the last view standing and gives the cursor back. */
  end(): void {
    if (this.#out.isTTY && this.#drawnLines > 0) this.#out.write('\x1b[?25h\n')
  }

  #draw(facts: DemoFacts): void {
    const room = Math.max(4, this.#out.rows - 1)
    const lines = renderView(facts, this.#out.columns).slice(0, room)
    const start = this.#drawnLines === 0 ? '\x1b[2J\x1b[H\x1b[?25l' : '\x1b[H'
    this.#out.write(`${start}${lines.map((line) => `${line}\x1b[K`).join('\n')}\x1b[J`)
    this.#drawnLines = lines.length
  }

  #log(facts: DemoFacts): void {
    if (!this.#loginShown) {
      this.#out.write(`Console ${facts.url}\nLogin   ${facts.username} / ${facts.password}\n`)
      this.#loginShown = true
    }
    if (facts.runningMs - this.#lastLineMs < LINE_EVERY_MS) return
    this.#lastLineMs = facts.runningMs
    this.#out.write(`${renderLine(facts)}\n`)
  }
}
