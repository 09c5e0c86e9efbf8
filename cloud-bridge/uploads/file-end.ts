import { type FileHandle, open } from 'node:fs/promises'
import { Writable } from 'node:stream'

// Each write is a way to another thread and back: few of them.
const WRITE_BYTES = 256 * 1024
/** What a slow disk holds in memory besides. */
const WAITING_BYTES = 1024 * 1024

/** The end of a file that is there, as a stream that appends to it and says how far it is. */
export class FileEnd extends Writable {
  /** How long the file is. */
  at: number
  readonly #path: string
  readonly #onWritten: (bytes: number) => void
  #file: FileHandle | undefined
  #held: Buffer[] = []
  #heldBytes = 0

  constructor(path: string, at: number, onWritten: (bytes: number) => void) {
    super({ highWaterMark: WAITING_BYTES })
    this.#path = path
    this.at = at
    this.#onWritten = onWritten
  }

  override _construct(done: (error?: Error | null) => void): void {
    const opened = async () => {
      this.#file = await open(this.#path, 'r+')
    }
    settle(opened(), done)
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#hold(chunk)
    if (this.#heldBytes < WRITE_BYTES) done()
    else settle(this.#append(), done)
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    for (const { chunk } of chunks) this.#hold(chunk)
    settle(this.#append(), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    settle(this.#append(), done)
  }

  /** However it ends, what came stays. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const ended = this.#append().finally(() => this.#file?.close())
    settle(ended, (failed) => done(error ?? failed ?? null))
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
  }

  async #append(): Promise<void> {
    if (this.#heldBytes === 0 || !this.#file) return
    let left = this.#held
    this.#held = []
    this.#heldBytes = 0
    while (left.length > 0) {
      const { bytesWritten } = await this.#file.writev(left, this.at)
      if (bytesWritten === 0) throw new Error('The disk takes nothing')
      this.at += bytesWritten
      left = without(left, bytesWritten)
    }
    this.#onWritten(this.at)
  }
}

/** What is left after the first bytes: a write may take less than it was given. */
function without(chunks: readonly Buffer[], bytes: number): Buffer[] {
  const left: Buffer[] = []
  let past = bytes
  for (const chunk of chunks) {
    if (past < chunk.length) left.push(chunk.subarray(past))
    past = Math.max(0, past - chunk.length)
  }
  return left
}

const settle = (work: Promise<void>, done: (error?: Error | null) => void): void =>
  void work.then(
    () => done(),
    (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
  )
