import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { cpuMsOf, type Memory, memoryOf } from './cost.ts'

const READY_MS_MAX = 60_000
const STOP_MS_MAX = 15_000

/** What Node is started with besides. */
export interface NodeSettings {
  readonly flags?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** A program under measurement, in a process of its own, from its first line on standard output to its end. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess
  /** Its first line. */
  readonly ready: string
  /** From its start to that line. */
  readonly startMs: number

  private constructor(child: ChildProcess, ready: string, startMs: number) {
    this.#child = child
    this.ready = ready
    this.startMs = startMs
  }

  /** Throws Error with what it wrote on standard error where it ends before it says anything. */
  static async start(script: string, args: readonly string[], node: NodeSettings = {}): Promise<Program> {
    const begun = performance.now()
    const child = spawn(process.execPath, [...(node.flags ?? []), script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...node.environment },
    })
    let complaint = ''
    child.stderr.on('data', (chunk) => {
      complaint = `${complaint}${chunk}`.slice(-2000)
    })
    const lines = createInterface({ input: child.stdout })
    const signal = AbortSignal.timeout(READY_MS_MAX)
    try {
      const ended = once(child, 'exit', { signal }).then(() => [undefined])
      const [line] = await Promise.race([once(lines, 'line', { signal }), ended])
      if (typeof line === 'string') return new Program(child, line, performance.now() - begun)
      throw new Error(`${script} ended at once: ${complaint}`)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  get #pid(): number {
    return this.#child.pid ?? 0
  }

  get memory(): Memory {
    return memoryOf(this.#pid)
  }

  /** Resident memory now. */
  get rssBytes(): number {
    return this.memory.rssBytes
  }

  /** Processor time since its start, of all its threads. */
  get cpuMs(): number {
    return cpuMsOf(this.#pid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit', { signal: AbortSignal.timeout(STOP_MS_MAX) })
    this.#child.kill('SIGINT')
    await ended.catch(() => this.#child.kill('SIGKILL'))
  }
}
