import { setImmediate as breathe } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import type { Device } from '../onvif/device.ts'
import type { Id } from '../protocol/envelope.ts'
import { Allowance } from './allowance.ts'
import { batchesOf } from './batches.ts'
import { Redactor } from './redact.ts'
import type { LogMarks } from './store.ts'
import { freshFrom, markOf, tailOf } from './tail.ts'
import { linesIn } from './unpack.ts'

/** Lines worked on before others get their turn. */
const BURST = 64

export interface ReaderDeps {
  readonly device: Id
  readonly marks: Pick<LogMarks, 'of' | 'save'>
  readonly clock: Clock
  /** What the box knows to be secret, now. */
  readonly secrets: () => readonly string[]
}

/** Reads one device's log again and again, and gives what was not told yet. */
export class LogReader {
  readonly #deps: ReaderDeps
  readonly #allowance = new Allowance()

  constructor(deps: ReaderDeps) {
    this.#deps = deps
  }

  /**
   * One reading: hands on the new lines, redacted, in messages of at most a hundred.
   * @returns how many bytes the device had to send
   * @throws LenscapError as the device's log does, `unsupported` where it has none
   */
  async read(
    device: Pick<Device, 'systemLog'>,
    tell: (lines: readonly string[]) => void,
    signal: AbortSignal,
  ): Promise<number> {
    const { device: id, marks, clock, secrets } = this.#deps
    const { data } = await device.systemLog(signal)
    const lines = await redacted(await linesIn(data), new Redactor(secrets()))
    const seen = lines.map(markOf)
    const tail = marks.of(id)
    const from = freshFrom(seen, tail ?? [])
    const isAnew = from === 0
    const { told, left } = this.#allowance.take(lines.slice(from), isAnew, clock.monotonicMs())
    const note = left > 0 && !(isAnew && tail === undefined) ? [noteOf(left)] : []
    for (const batch of batchesOf([...note, ...told])) tell(batch)
    if (lines.length > from) marks.save(id, tailOf(seen))
    return data.length
  }
}

const noteOf = (left: number) => `lenscap: ${left} ${left === 1 ? 'line was' : 'lines were'} left out here`

/** All of them, in their order, since one may say what the next is; with a pause now and then for others. */
async function redacted(lines: readonly string[], redactor: Redactor): Promise<string[]> {
  const clean: string[] = []
  for (const [i, line] of lines.entries()) {
    if (i % BURST === BURST - 1) await breathe()
    const kept = redactor.line(line)
    if (kept !== undefined) clean.push(kept)
  }
  return clean
}
