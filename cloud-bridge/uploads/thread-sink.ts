import { Writable } from 'node:stream'
import type { Verifier } from './verifier.ts'
import type { CheckJob } from './verify.ts'

// Each message is a way to another thread and back: few of them.
const MESSAGE_BYTES = 256 * 1024
/** What may be on its way to the thread: a slow disk holds up the line, not memory. */
const UNDER_WAY_BYTES = 1024 * 1024

type Done = (error?: Error | null) => void

/** The end of a transfer's file, behind the thread that writes and verifies it. However it ends, what came stays. */
export class ThreadSink extends Writable {
  /** How long the file is, before and after. */
  length: number
  readonly #verifier: Verifier
  readonly #upload: string
  readonly #job: CheckJob
  #held: Buffer[] = []
  #heldBytes = 0
  #underWay = 0
  #last = Promise.resolve()
  #shutting: Promise<void> | undefined

  constructor(verifier: Verifier, upload: string, job: CheckJob, length: number) {
    super({ highWaterMark: MESSAGE_BYTES })
    this.length = length
    this.#verifier = verifier
    this.#upload = upload
    this.#job = job
  }

  override _construct(done: Done): void {
    settle(this.#verifier.open(this.#upload, this.#job, this.length), done)
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: Done): void {
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    const sent = this.#heldBytes < MESSAGE_BYTES ? undefined : this.#send()
    if (sent && this.#underWay >= UNDER_WAY_BYTES) settle(sent, done)
    else done()
  }

  override _final(done: Done): void {
    settle(this.#shut(), done)
  }

  override _destroy(error: Error | null, done: Done): void {
    settle(this.#shut(), (failed) => done(error ?? failed ?? null))
  }

  #send(): Promise<void> {
    if (this.#heldBytes === 0) return this.#last
    const bytes = this.#heldBytes
    const taken = this.#verifier.take(this.#upload, this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#underWay += bytes
    this.#last = taken.finally(() => {
      this.#underWay -= bytes
    })
    this.#last.catch((error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))))
    return this.#last
  }

  #shut(): Promise<void> {
    this.#shutting ??= this.#shutOnce()
    return this.#shutting
  }

  async #shutOnce(): Promise<void> {
    const sent = this.#send()
    const shut = this.#verifier.shut(this.#upload)
    const [, length] = await Promise.all([sent, shut])
    this.length = length
  }
}

const settle = (work: Promise<void>, done: Done): void =>
  void work.then(
    () => done(),
    (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
  )
