import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

const SENDER = join(import.meta.dirname, 'sender.ts')
const ACCEPT_MS_MAX = 60_000

/** A number that a sender said was accepted, and in which of its lives. */
export interface Accepted {
  readonly number: number
  readonly life: number
}

/** One life of the sender, as a process of its own. */
export class Life {
  /** What it said was accepted, also what came while it died. */
  readonly accepted: Accepted[] = []
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #exited: Promise<unknown>
  readonly #isRead: Promise<unknown>
  #words = ''
  #onAccepted = () => {}

  /** It accepts `count` numbers from `first` on. */
  constructor(stateDir: string, life: number, first: number, count: number) {
    const args = [SENDER, stateDir, String(life), String(first), String(count)]
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#exited = once(this.#child, 'exit')
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString()).slice(-4000)
    })
    const lines = createInterface({ input: this.#child.stdout })
    lines.on('line', (line) => {
      this.accepted.push({ number: Number(line), life })
      this.#onAccepted()
    })
    this.#isRead = once(lines, 'close')
  }

  /** Resolves when it has said so many. @throws Error with its last words when it ends before, or takes a minute */
  async hasAccepted(count: number): Promise<void> {
    const enough = new Promise<'enough'>((resolve) => {
      this.#onAccepted = () => {
        if (this.accepted.length >= count) resolve('enough')
      }
      this.#onAccepted()
    })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ACCEPT_MS_MAX)
    const outcome = await Promise.race([enough, this.#exited])
    clearTimeout(timer)
    if (outcome !== 'enough') throw new Error(`The sender ended by itself or said nothing for a minute\n${this.#words}`)
  }

  /** As a power cut would. Resolves when all that it said is read. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await Promise.all([this.#exited, this.#isRead])
  }
}
