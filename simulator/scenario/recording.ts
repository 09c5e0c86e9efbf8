import type { Deed, Fleet } from '../fleet/index.ts'
import { headOf, stepOf } from './recorded-text.ts'
import { STEPS_MAX } from './scenario-file.ts'

/** What a SIGKILL loses at most. */
const FLUSH_MS = 250

/** Where a recording goes: text to be put after what came before. */
export interface RecordingSink {
  append(text: string): Promise<void> | void
  close(): Promise<void> | void
}

/** How a recording stands. */
export interface RecordingState {
  readonly isRunning: boolean
  /** How many things it holds. */
  readonly steps: number
  readonly elapsedMs: number
  /** Why it ended by itself: it is full, or couldn't be written. */
  readonly trouble?: string
}

/**
 * Writes down all that is done to a fleet and that it does by chance, as a scenario that does it again: the fleet's make-up and
 * state first, then a line for each, at most a quarter of a second late. Holds no password. What has been written is
 * playable at any moment.
 */
export class Recording implements AsyncDisposable {
  readonly #sink: RecordingSink
  readonly #firstAddress: string
  readonly #tell: (trouble: string) => void
  readonly #watching: Disposable
  readonly #startedMs = performance.now()
  #endedMs: number | undefined
  #lines: string[] = []
  #steps = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void>
  #trouble: string | undefined

  /**
   * `tell` hears at once why it ended by itself, if it does; `at` stands in the file as its beginning.
   * Throws RangeError where a camera's profile can't be written down.
   */
  constructor(fleet: Fleet, sink: RecordingSink, tell: (trouble: string) => void = () => {}, at = new Date()) {
    this.#sink = sink
    this.#tell = tell
    this.#firstAddress = fleet.makeup.firstAddress
    const { text, steps } = headOf(fleet, at)
    this.#steps = steps
    this.#writing = this.#append(text)
    this.#watching = fleet.watch((camera, deed) => this.#take(camera, deed))
  }

  get state(): RecordingState {
    const elapsedMs = Math.round((this.#endedMs ?? performance.now()) - this.#startedMs)
    const trouble = this.#trouble === undefined ? {} : { trouble: this.#trouble }
    return { isRunning: this.#endedMs === undefined, steps: this.#steps, elapsedMs, ...trouble }
  }

  #take(camera: string, deed: Deed): void {
    if (this.#steps >= STEPS_MAX) {
      void this.#end().then(() => this.#fail(`The recording is full: it holds ${STEPS_MAX} things`))
      return
    }
    this.#steps++
    this.#lines.push(stepOf(performance.now() - this.#startedMs, camera, deed, this.#firstAddress))
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const text = this.#lines.join('')
    this.#lines = []
    this.#writing = this.#writing.then(() => this.#append(text))
  }

  async #append(text: string): Promise<void> {
    if (text === '' || this.#trouble !== undefined) return
    try {
      await this.#sink.append(text)
    } catch (error) {
      this.#fail(`The recording can't be written: ${error instanceof Error ? error.message : String(error)}`)
      void this.#end()
    }
  }

  #fail(trouble: string): void {
    if (this.#trouble !== undefined) return
    this.#trouble = trouble
    this.#tell(trouble)
  }

  async #end(): Promise<void> {
    if (this.#endedMs !== undefined) return
    this.#endedMs = performance.now()
    this.#watching[Symbol.dispose]()
    this.#flush()
    await this.#writing
    await this.#sink.close()
  }

  /** Writes what is left and ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }
}
