import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const COMPLAINTS_MAX = 1000

/** A player's process: its lines, what it complains of, and its end, which comes at the deadline at the latest. */
export class RunningPlayer {
  /** A line each that it wrote to stderr. */
  readonly complaints: string[] = []
  readonly #child: ChildProcess
  readonly #name: string
  readonly #deadline: NodeJS.Timeout
  #isInterrupted = false

  /** `pipes`: how many file descriptors beside the usual three it writes to. */
  constructor(name: string, args: readonly string[], deadlineMs: number, environment = {}, pipes = 0) {
    this.#name = name
    const stdio = Array.from({ length: 3 + pipes }, (_, fd) => (fd === 0 ? ('ignore' as const) : ('pipe' as const)))
    this.#child = spawn(name, args, { stdio, env: { ...process.env, ...environment } })
    this.#deadline = setTimeout(() => this.#end(deadlineMs), deadlineMs)
    this.readLines(2, (line) => {
      if (this.#isInterrupted) return
      if (line.trim() !== '' && this.complaints.length < COMPLAINTS_MAX) this.complaints.push(line.trim())
    })
  }

  #end(deadlineMs: number): void {
    this.complaints.push(`${this.#name} did not end within ${deadlineMs / 1000} s`)
    this.#child.kill('SIGKILL')
  }

  /** Calls `take` for each line of a descriptor. */
  readLines(fd: number, take: (line: string) => void): void {
    const rest = { text: '' }
    this.read(fd, (chunk) => {
      const lines = (rest.text + chunk.toString('latin1')).split('\n')
      rest.text = lines.pop() ?? ''
      for (const line of lines) take(line)
    })
  }

  /** Keeps all bytes of a descriptor; gives what has come so far. */
  keep(fd: number): () => Buffer {
    const chunks: Buffer[] = []
    this.read(fd, (chunk) => chunks.push(chunk))
    return () => Buffer.concat(chunks)
  }

  /** Calls `take` for each piece that comes from a descriptor; one that nobody reads stops the player. */
  read(fd: number, take: (chunk: Buffer) => void): void {
    const pipe = this.#child.stdio[fd]
    if (!pipe || !('read' in pipe)) throw new RangeError(`${this.#name} has no descriptor ${fd} to read`)
    pipe.on('data', take)
  }

  /** Asks it to end in its own way, as Ctrl-C does. What it complains of from then on is our doing. */
  interrupt(): void {
    this.#isInterrupted = true
    this.#child.kill('SIGINT')
  }

  /** Waits until it has ended and all that it wrote is read. */
  async ended(): Promise<void> {
    const [code, signal] = await once(this.#child, 'close').catch((error: Error) => [error.message, null])
    clearTimeout(this.#deadline)
    // How a player takes the interruption says nothing of the stream: GStreamer ends with 1 now and then.
    const isOurDoing = this.#isInterrupted && signal === null
    if (code !== 0 && !isOurDoing) this.complaints.push(`${this.#name} ended with ${signal ?? code}`)
  }
}
