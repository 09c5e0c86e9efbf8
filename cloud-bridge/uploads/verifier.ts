import { Worker } from 'node:worker_threads'
import { after, type Clock } from '../../agent/base/clock.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import { Refusal } from './refusal.ts'
import type { CheckJob, Reader } from './verify.ts'
import type { Answer, Told } from './verify-thread.ts'

// The build puts the thread beside the bridge; from the sources it is itself.
const THREAD = new URL(
  import.meta.url.endsWith('.ts') ? 'verify-thread.ts' : 'lenscap-bridge-verify.js',
  import.meta.url,
)
const HEAP_MB_MAX = 64
/** For the largest item, on a slow disk, after others. */
const ANSWER_MS_MAX = 300_000

type Wish = Told extends infer Each ? (Each extends Told ? Omit<Each, 'question'> : never) : never

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Writes and verifies transfers in a thread of its own while they come, so that little is left to do when the last byte is
 * here. The thread starts with the first transfer; if it dies, whoever waits is told, and the next transfer starts another.
 */
export class Verifier implements AsyncDisposable {
  readonly #clock: Clock
  readonly #program: URL
  readonly #waiting = new Map<number, Waiting>()
  #thread: Worker | undefined
  #questions = 0

  /** @param program the thread's: another one only in tests */
  constructor(clock: Clock, program = THREAD) {
    this.#clock = clock
    this.#program = program
  }

  /**
   * What is told from now on of this transfer goes to the end of its file, which is so long.
   * @throws Refusal 409 where it is not; LenscapError `storage`
   */
  async open(upload: string, job: CheckJob, bytes: number): Promise<void> {
    await this.#ask({ do: 'open', upload, job, bytes })
  }

  /**
   * Some bytes of it, in order; they are the thread's from now on, and empty here. Resolves when they are taken.
   * @throws LenscapError `storage`
   */
  async take(upload: string, some: readonly Buffer[]): Promise<void> {
    const own = some.map(ownMemory)
    await this.#ask(
      { do: 'take', upload, some: own },
      own.map(({ buffer }) => buffer),
    )
  }

  /** All that came is in its file. Gives how long that is. @throws LenscapError `storage` */
  async shut(upload: string): Promise<number> {
    const answer = await this.#ask({ do: 'shut', upload })
    return 'bytes' in answer ? answer.bytes : 0
  }

  /** Nobody will ask for its verdict any more. */
  drop(upload: string): void {
    if (this.#thread) this.#ask({ do: 'drop', upload }).catch(() => {}) // a thread that died holds nothing
  }

  /**
   * Whether a finished transfer is what the box said, and where it is encrypted for us, whether every chunk opens and none is
   * missing. What did not come through this thread is read now.
   * @throws Refusal 460 where the bytes are not what was said, 400 where they are, but a chunk does not open; LenscapError
   * `storage` where the file can't be read, the thread died or took too long: the box asks again
   */
  async finish(upload: string, job: CheckJob, bytes: number): Promise<Reader> {
    const answer = await this.#ask({ do: 'finish', upload, job, bytes })
    if (!('reader' in answer)) throw new LenscapError('invalid', 'The thread gave no verdict')
    return answer.reader
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread?.terminate()
  }

  async #ask(wish: Wish, transfer: ArrayBuffer[] = []): Promise<Answer> {
    this.#questions += 1
    const question = this.#questions
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#thread ??= this.#start()
    const undo = after(this.#clock, ANSWER_MS_MAX, () => void this.#thread?.terminate())
    this.#waiting.set(question, { resolve, reject })
    this.#thread.postMessage({ ...wish, question } satisfies Told, transfer)
    if (this.#waiting.size === 1) this.#thread.ref()
    try {
      return await promise
    } finally {
      undo()
      this.#waiting.delete(question)
      // A thread that has nothing to do keeps no program alive.
      if (this.#waiting.size === 0) this.#thread?.unref()
    }
  }

  #start(): Worker {
    const thread = new Worker(this.#program, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX } })
    thread.unref()
    thread.on('message', (answer: Answer) => this.#answered(answer))
    thread.on('error', (cause) => this.#lost(thread, cause))
    thread.on('exit', () => this.#lost(thread, undefined))
    return thread
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.question)
    if ('refused' in answer) waiting?.reject(new Refusal(answer.refused.status, answer.refused.message))
    else if ('failed' in answer) waiting?.reject(new LenscapError('storage', `An upload failed here: ${answer.failed}`))
    else waiting?.resolve(answer)
  }

  #lost(thread: Worker, cause: unknown): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    for (const { reject } of this.#waiting.values()) {
      reject(new LenscapError('storage', 'The thread that takes uploads in ended: the box sends again', {}, cause))
    }
  }
}

/** The bytes in memory of their own, which can be given away: mostly they are. */
function ownMemory(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) return new Uint8Array(buffer)
  return new Uint8Array(bytes)
}
