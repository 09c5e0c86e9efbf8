import { open } from 'node:fs/promises'
import type { RecordingSink } from './recording.ts'

/** A new file for a recording. Throws RangeError where there is one already, or none can be made. */
export async function recordingFile(path: string): Promise<RecordingSink> {
  try {
    const file = await open(path, 'ax')
    return { append: (text) => file.appendFile(text), close: () => file.close() }
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    const remedy = isThere
      ? 'is there already: name another file, or remove it'
      : "can't be made: name a file in a folder that you may write to"
    throw new RangeError(`${path} ${remedy}`, { cause })
  }
}

/** Keeps a recording in memory, to be given to whoever asks. */
export class RecordingText implements RecordingSink {
  readonly #parts: string[] = []

  append(text: string): void {
    this.#parts.push(text)
  }

  close(): void {}

  toString(): string {
    return this.#parts.join('')
  }
}
