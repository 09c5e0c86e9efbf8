import type { Fleet } from '../fleet/index.ts'
import { planScenario } from './plan.ts'
import { type Happened, type Progress, type RunningScenario, runScenario } from './play.ts'
import { Recording, type RecordingSink, type RecordingState } from './recording.ts'
import { readScenario, type ScenarioScript } from './scenario-file.ts'

/** How the scenario stands. `stopped`: it was ended before all had happened. */
export type ScenarioState =
  | { readonly state: 'none' }
  | ({ readonly state: 'running' | 'done' | 'stopped'; readonly name: string; readonly seed: string } & Progress)

/** Thrown where something runs already that there may be only one of; the message says how to stop it. */
export class StageBusyError extends Error {
  override readonly name = 'StageBusyError'
}

interface Play {
  readonly name: string
  readonly seed: string
  readonly running: RunningScenario
}

/** What is played with a fleet and what is recorded of it: one scenario and one recording at a time. */
export class Stage implements AsyncDisposable {
  readonly #fleet: Fleet
  readonly #tell: (happened: Happened) => void
  readonly #tellTrouble: (trouble: string) => void
  #play: Play | undefined
  #recording: { readonly into: string; readonly recording: Recording } | undefined

  /** `tell` hears what the scenario does, `tellTrouble` why a recording ended by itself. */
  constructor(
    fleet: Fleet,
    tell: (happened: Happened) => void = () => {},
    tellTrouble: (trouble: string) => void = () => {},
  ) {
    this.#fleet = fleet
    this.#tell = tell
    this.#tellTrouble = tellTrouble
  }

  /**
   * Lays a scenario out; what it gives begins it. Throws RangeError, with the line, where it can't be played with this
   * fleet, and StageBusyError while another is played.
   */
  prepare(script: ScenarioScript, name: string): () => ScenarioState {
    if (this.scenario.state === 'running')
      throw new StageBusyError('A scenario is being played: stop it first (DELETE /scenario)')
    const happenings = planScenario(script, this.#fleet)
    return () => {
      this.#play = { name, seed: script.seed, running: runScenario(happenings, this.#tell) }
      return this.scenario
    }
  }

  /** Plays a scenario's text. Throws as `prepare`, and RangeError where it is none. */
  play(text: string, name: string): ScenarioState {
    return this.prepare(readScenario(text, name), name)()
  }

  /** Fulfilled when the scenario is over; at once, where there is none. */
  get over(): Promise<void> {
    return this.#play?.running.done ?? Promise.resolve()
  }

  stopPlaying(): ScenarioState {
    this.#play?.running[Symbol.dispose]()
    return this.scenario
  }

  get scenario(): ScenarioState {
    if (!this.#play) return { state: 'none' }
    const { name, seed, running } = this.#play
    const progress = running.progress()
    const ended = progress.done === progress.total ? 'done' : 'stopped'
    return { state: progress.isOver ? ended : 'running', name, seed, ...progress }
  }

  /** Throws StageBusyError while there is a recording, RangeError where a camera's profile can't be written down. */
  record(sink: RecordingSink, into: string): RecordingState {
    if (this.recording?.isRunning)
      throw new StageBusyError(
        `A recording runs already, into ${this.recording.into}: stop it first (DELETE /recording)`,
      )
    const recording = new Recording(this.#fleet, sink, this.#tellTrouble)
    this.#recording = { into, recording }
    return recording.state
  }

  async stopRecording(): Promise<void> {
    await this.#recording?.recording[Symbol.asyncDispose]()
  }

  /** The last recording, and where it is; none before the first. */
  get recording(): (RecordingState & { readonly into: string }) | undefined {
    return this.#recording && { into: this.#recording.into, ...this.#recording.recording.state }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopPlaying()
    await this.stopRecording()
  }
}
