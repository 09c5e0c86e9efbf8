import { createInterface } from 'node:readline'
import { LenscapError } from '../base/errors.ts'

/** Asks a person at a terminal. */
export interface Questions {
  /** The answer without spaces around it; `usual` where nothing is typed. @throws LenscapError `invalid` where nobody can answer */
  ask(question: string, usual?: string): Promise<string>
  /** The same without showing what is typed; spaces stay. */
  askHidden(question: string): Promise<string>
}

/** Asks on the terminal behind standard input, on standard error: standard output is for answers. */
export function terminalQuestions(signal: AbortSignal): Questions {
  const ask = async (question: string, hidden: boolean): Promise<string> => {
    if (!process.stdin.isTTY) {
      throw new LenscapError('invalid', 'Nobody can be asked here: say it by flags; --help lists them')
    }
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true })
    try {
      const answered = new Promise<string>((resolve, reject) => {
        const stop = () => reject(new LenscapError('cancelled', 'Stopped'))
        signal.addEventListener('abort', stop, { once: true })
        lines.on('SIGINT', stop)
        lines.question(`${question}: `, resolve)
      })
      if (hidden) muffle(lines)
      return await answered
    } finally {
      lines.close()
      if (hidden) process.stderr.write('\n')
    }
  }
  return {
    ask: async (question, usual) => {
      const shown = usual === undefined || usual === '' ? question : `${question} [${usual}]`
      return (await ask(shown, false)).trim() || (usual ?? '')
    },
    askHidden: (question) => ask(question, true),
  }
}

/** From now on nothing that is typed is written: readline echoes through this one method. */
function muffle(lines: object): void {
  Object.assign(lines, { _writeToOutput: () => {} })
}
