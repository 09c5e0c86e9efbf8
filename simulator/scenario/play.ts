import { Agenda } from '../fleet/agenda.ts'
import type { Happening } from './plan.ts'

/** How many of those that have happened are kept to be told. */
const LAST_MAX = 100

/** Done, or failed with a reason, such as an address that another took. */
export interface Happened {
  readonly atMs: number
  readonly camera: string
  readonly what: string
  readonly trouble?: string
}

/** How far a scenario has come. */
export interface Progress {
  readonly total: number
  readonly done: number
  readonly failed: number
  /** Since its start; stands still when it is over. */
  readonly elapsedMs: number
  readonly isOver: boolean
  /** What comes next; none once all has begun, or it was ended. */
  readonly next: Omit<Happening, 'run'> | undefined
  /** The last hundred, oldest first. */
  readonly last: readonly Happened[]
}

export interface RunningScenario extends Disposable {
  /** Fulfilled when all has happened, or the scenario was ended before. */
  readonly done: Promise<void>
  progress(): Progress
}

/** Lets it all happen, each in its time. A happening that fails is told, and the others go on. */
export function runScenario(
  happenings: readonly Happening[],
  tell: (happened: Happened) => void = () => {},
): RunningScenario {
  const player = new Player(happenings, tell)
  return {
    done: player.done,
    progress: () => player.progress(),
    [Symbol.dispose]: () => player.end(),
  }
}

class Player {
  readonly #happenings: readonly Happening[]
  readonly #tell: (happened: Happened) => void
  readonly #agenda = new Agenda()
  readonly #over = Promise.withResolvers<void>()
  readonly #startedMs = performance.now()
  readonly #last: Happened[] = []
  #begun = 0
  #done = 0
  #failed = 0
  #endedMs: number | undefined

  constructor(happenings: readonly Happening[], tell: (happened: Happened) => void) {
    this.#happenings = happenings
    this.#tell = tell
    this.#goOn()
  }

  get done(): Promise<void> {
    return this.#over.promise
  }

  progress(): Progress {
    const upcoming = this.#endedMs === undefined ? this.#happenings[this.#begun] : undefined
    return {
      total: this.#happenings.length,
      done: this.#done,
      failed: this.#failed,
      elapsedMs: Math.round((this.#endedMs ?? performance.now()) - this.#startedMs),
      isOver: this.#endedMs !== undefined,
      next: upcoming && { atMs: upcoming.atMs, camera: upcoming.camera, what: upcoming.what },
      last: this.#last.slice(-LAST_MAX),
    }
  }

  end(): void {
    this.#endedMs ??= performance.now()
    this.#agenda[Symbol.dispose]()
    this.#over.resolve()
  }

  /** Begins all that is due, and comes back for the next. What was begun goes on by itself, a reboot for one. */
  #goOn(): void {
    let next = this.#happenings[this.#begun]
    while (next && this.#endedMs === undefined && next.atMs <= performance.now() - this.#startedMs) {
      this.#begun++
      void this.#let(next)
      next = this.#happenings[this.#begun]
    }
    if (next) this.#agenda.after(next.atMs - (performance.now() - this.#startedMs), () => this.#goOn())
    else if (this.#happenings.length === 0) this.end()
  }

  async #let({ atMs, camera, what, run }: Happening): Promise<void> {
    try {
      await run()
      this.#note({ atMs, camera, what })
    } catch (error) {
      this.#failed++
      this.#note({ atMs, camera, what, trouble: error instanceof Error ? error.message : String(error) })
    }
  }

  #note(happened: Happened): void {
    this.#done++
    this.#last.push(happened)
    if (this.#last.length > LAST_MAX * 2) this.#last.splice(0, LAST_MAX)
    this.#tell(happened)
    if (this.#done === this.#happenings.length) this.end()
  }
}
