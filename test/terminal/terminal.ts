import { type ChildProcess, spawn } from 'node:child_process'
import { programPath } from '../harness/command.ts'

const WAIT_MS = 60_000

/** `lenscap-agent` on a terminal of its own, and a person in front of it. */
export class Terminal implements Disposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  readonly #changed = new Set<() => void>()
  #shown = ''
  #read = 0
  #isOver = false

  constructor(args: readonly string[], columns: number) {
    // The shell becomes the program: Ctrl-C is its alone, and its exit code is what `script` ends with.
    const command = `stty cols ${columns} rows 40; exec ${[programPath('lenscap-agent'), ...args].map(quoted).join(' ')}`
    this.#child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm' },
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text
      this.#wake()
    })
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#isOver = true
        this.#wake()
        resolve(code)
      })
      this.#child.once('error', (error) => {
        this.#shown += `no terminal: install "script" (util-linux or bsdutils): ${error.message}`
      })
    })
  }

  /** Everything that was written, without the commands to the terminal. */
  get shown(): string {
    return withoutCommands(this.#shown)
  }

  /** Waits until this stands behind what was waited for before, then types. @throws Error naming what stood there instead */
  async answer(question: string, typed: string): Promise<void> {
    await this.until(question)
    this.#child.stdin?.write(typed)
  }

  async until(text: string): Promise<void> {
    const seen = () => {
      const at = this.shown.indexOf(text, this.#read)
      if (at >= 0) this.#read = at + text.length
      return at >= 0
    }
    const endMs = performance.now() + WAIT_MS
    while (!seen()) {
      if (this.#isOver || performance.now() > endMs) throw new Error(`Not shown: ${text}\nbut: ${this.shown}`)
      await this.#change(endMs)
    }
  }

  /** The program's exit code. */
  async end(): Promise<number | null> {
    const endMs = performance.now() + WAIT_MS
    while (!this.#isOver) {
      if (performance.now() > endMs) throw new Error(`It goes on: ${this.shown}`)
      await this.#change(endMs)
    }
    return await this.#ended
  }

  [Symbol.dispose](): void {
    if (!this.#isOver) this.#child.kill('SIGKILL')
  }

  async #change(endMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#changed.add(resolve)
    const timer = setTimeout(resolve, Math.max(1, endMs - performance.now()))
    await promise
    clearTimeout(timer)
    this.#changed.delete(resolve)
  }

  #wake(): void {
    for (const resolve of [...this.#changed]) resolve()
  }
}

/** Typed by a person's fingers. */
export const KEYS = { enter: '\r', ctrlC: '\u0003', ctrlD: '\u0004' } as const

/** What a person would read: commands to the terminal taken out, a line that was drawn anew in its last form. */
function withoutCommands(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is commanded by them
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r\n', '\n')
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`
