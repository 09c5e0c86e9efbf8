import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** A line that a program prints with `--json`. */
export type ProgramLine = Readonly<Record<string, unknown>>

interface ProgramOptions {
  readonly name: string
  readonly executable: string
  readonly args: readonly string[]
  /** Where its standard error goes, from this start on. */
  readonly logPath: string
  readonly onLine?: ((line: ProgramLine) => void) | undefined
}

const TAIL_LINES = 20

/** One of Lenscap's programs, running as a process of its own, as on a user's machine. */
export class Program {
  readonly name: string
  readonly #child: ChildProcess
  readonly #tail: string[] = []
  readonly #exited: Promise<void>
  readonly #lines: ProgramLine[] = []
  readonly #waiting = new Set<() => void>()

  constructor({ name, executable, args, logPath, onLine = () => {} }: ProgramOptions) {
    this.name = name
    // A process group of its own: a Ctrl-C in the terminal reaches the demo alone, which then stops everything in order.
    this.#child = spawn(executable, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.once('error', (error) => {
        this.#tail.push(error.message)
        resolve()
      })
    })
    void this.#exited.then(() => this.#wake())
    this.#read(onLine, logPath)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get exitCode(): number | null {
    return this.#child.exitCode
  }

  /** What it last said on standard error, for a person. */
  get lastWords(): string {
    return this.#tail.join('\n')
  }

  /** Resolves when the process has ended, by itself or not. */
  get exited(): Promise<void> {
    return this.#exited
  }

  /** The first line that the test accepts, past or to come. @throws Error with its last words when it ends before, or when time is up */
  async line(accepts: (line: ProgramLine) => boolean, timeoutMs: number): Promise<ProgramLine> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const found = this.#lines.find(accepts)
      if (found) return found
      if (!this.running) throw new Error(this.lastWords || `${this.name} ended with exit code ${this.exitCode}`)
      const leftMs = deadline - performance.now()
      if (leftMs <= 0)
        throw new Error(`${this.name} did not say what was expected within ${timeoutMs} ms\n${this.lastWords}`)
      await this.#change(leftMs)
    }
  }

  /** Asks it to end, waits, and only then insists. Says whether it ended by itself. */
  async stop(timeoutMs = 8000): Promise<boolean> {
    if (!this.running) return true
    this.#child.kill('SIGTERM')
    const ended = await Promise.race([this.#exited.then(() => true), after(timeoutMs)])
    if (ended) return true
    this.#child.kill('SIGKILL')
    await this.#exited
    return false
  }

  #read(onLine: (line: ProgramLine) => void, logPath: string): void {
    const { stdout, stderr } = this.#child
    if (!stdout || !stderr) return
    createInterface({ input: stdout }).on('line', (text) => {
      const line = parseLine(text)
      if (!line) return
      this.#lines.push(line)
      if (this.#lines.length > 1000) this.#lines.shift()
      onLine(line)
      this.#wake()
    })
    stderr.pipe(createWriteStream(logPath, { mode: 0o600 }))
    createInterface({ input: stderr }).on('line', (text) => {
      this.#tail.push(text)
      if (this.#tail.length > TAIL_LINES) this.#tail.shift()
    })
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#waiting.add(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

const after = (ms: number) =>
  new Promise<false>((resolve) => {
    setTimeout(() => resolve(false), ms).unref()
  })

function parseLine(text: string): ProgramLine | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as ProgramLine) : undefined
  } catch {
    return undefined
  }
}
