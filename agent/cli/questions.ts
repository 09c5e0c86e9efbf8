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
        const stop = () => reject(new LenscapError('cancelled', 'Stopped: nothing was changed'))
        signal.addEventListener('abort', stop, { once: true })
        lines.on('SIGINT', stop)
        // Ctrl-D, or a terminal that is gone: nobody will answer.
        lines.on('close', stop)
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

const TRIES_MAX = 8

/**
 * Asks until the answer makes sense: a slip costs one question, not all of them.
 * @param faultOf what is wrong with an answer; undefined where nothing is
 * @throws LenscapError `invalid` where nobody can answer, or no answer made sense
 */
export async function askUntilRight(
  questions: Questions,
  question: string,
  usual: string,
  faultOf: (answer: string) => string | undefined,
): Promise<string> {
  let said = await questions.ask(question, usual)
  let fault = faultOf(said)
  for (let tries = 1; fault !== undefined; tries += 1) {
    if (tries === TRIES_MAX) throw new LenscapError('invalid', fault)
    said = await questions.ask(`${fault}\n${question}`, usual)
    fault = faultOf(said)
  }
  return said
}

/** From now on nothing that is typed is written: readline echoes through this one method. */
function muffle(lines: object): void {
  Object.assign(lines, { _writeToOutput: () => {} })
}
