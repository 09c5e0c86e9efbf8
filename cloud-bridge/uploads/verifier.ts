import { Worker } from 'node:worker_threads'
import { after, type Clock } from '../../agent/base/clock.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import { Refusal } from './refusal.ts'
import type { CheckJob, Reader } from './verify.ts'
import type { Told, Verdict } from './verify-thread.ts'

// The build puts the thread beside the bridge; from the sources it is itself.
const THREAD = new URL(
  import.meta.url.endsWith('.ts') ? 'verify-thread.ts' : 'lenscap-bridge-verify.js',
  import.meta.url,
)
const HEAP_MB_MAX = 64
/** For the largest item, on a slow disk, after others. */
const VERDICT_MS_MAX = 300_000

interface Waiting {
  readonly resolve: (reader: Reader) => void
  readonly reject: (error: unknown) => void
}

/**
 * Verifies transfers in a thread of its own while they come, so that little is left to do when the last byte is here. The
 * thread starts with the first transfer; if it dies, whoever waits is told, and the next transfer starts another.
 */
export class Verifier implements AsyncDisposable {
  readonly #clock: Clock
  readonly #file: URL
  readonly #waiting = new Map<number, Waiting>()
  #thread: Worker | undefined
  #questions = 0

  /** @param file the thread's program: another one only in tests */
  constructor(clock: Clock, file = THREAD) {
    this.#clock = clock
    this.#file = file
  }

  /** This transfer comes now, or goes on. */
  follow(upload: string, job: CheckJob): void {
    this.#tell({ do: 'follow', upload, job })
  }

  /** So many bytes of it are in its file. */
  grown(upload: string, bytes: number): void {
    this.#tell({ do: 'grown', upload, bytes })
  }

  /** Nobody will ask for its verdict any more. */
  drop(upload: string): void {
    if (this.#thread) this.#tell({ do: 'drop', upload })
  }

  /**
   * Whether a finished transfer is what the box said, and where it is encrypted for us, whether every chunk opens and none is
   * missing. What was not followed is read now.
   * @throws Refusal 460 where the bytes are not what was said, 400 where they are, but a chunk does not open; LenscapError
   * `storage` where the file can't be read, the thread died or took too long: the box asks again
   */
  async finish(upload: string, job: CheckJob, bytes: number): Promise<Reader> {
    this.#questions += 1
    const question = this.#questions
    const { promise, resolve, reject } = Promise.withResolvers<Reader>()
    const undo = after(this.#clock, VERDICT_MS_MAX, () => void this.#thread?.terminate())
    this.#waiting.set(question, { resolve, reject })
    this.#tell({ do: 'finish', upload, job, bytes, question })
    this.#thread?.ref()
    try {
      return await promise
    } finally {
      undo()
      this.#waiting.delete(question)
      // A thread that has nothing to do keeps no program alive.
      if (this.#waiting.size === 0) this.#thread?.unref()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread?.terminate()
  }

  #tell(told: Told): void {
    this.#thread ??= this.#start()
    this.#thread.postMessage(told)
  }

  #start(): Worker {
    const thread = new Worker(this.#file, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX } })
    thread.unref()
    thread.on('message', (verdict: Verdict) => this.#answer(verdict))
    thread.on('error', (cause) => this.#lost(thread, cause))
    thread.on('exit', () => this.#lost(thread, undefined))
    return thread
  }

  #answer(verdict: Verdict): void {
    const waiting = this.#waiting.get(verdict.question)
    if ('reader' in verdict) waiting?.resolve(verdict.reader)
    else if ('refused' in verdict) waiting?.reject(new Refusal(verdict.refused.status, verdict.refused.message))
    else waiting?.reject(new LenscapError('storage', `An upload can't be read: ${verdict.failed}`))
  }

  #lost(thread: Worker, cause: unknown): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    for (const { reject } of this.#waiting.values()) {
      reject(new LenscapError('storage', 'The thread that verifies uploads ended: the box will send again', {}, cause))
    }
  }
}
