import { type Command, Help, type Option } from 'commander'
import { complaint, EXIT, wantsJson, wrapped } from './output.ts'

/** Descriptions are wrapped down to so many columns; below, a terminal does it. */
const WRAPPED_MIN = 20

const helpWidth = (): number => (process.stdout.isTTY ? process.stdout.columns : 80) || 80

/** Help that fits the terminal, and says nothing of empty lists. Commands that are added later have it from this one. */
export function useHelp(program: Command): Command {
  const plain = new Help()
  program.configureOutput({
    outputError: (text, write) =>
      write(wantsJson(process.argv) ? complaint(text.trim().replace(/^error: /, ''), EXIT.wrongUse) : text),
  })
  return program.configureHelp({
    helpWidth: helpWidth(),
    minWidthToWrap: WRAPPED_MIN,
    optionDescription: (option: Option) => plain.optionDescription(option).replace(/ ?\(default: \[\]\)$/, ''),
  })
}

/** Examples behind the help: each can be copied, also where it takes several lines. */
export function example(...lines: string[]): string {
  const width = helpWidth()
  const shown = lines.map((line) => folded(`  $ ${/^\S+ \|/.test(line) ? line : `lenscap-agent ${line}`}`, width))
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${shown.join('\n')}`
}

function folded(line: string, width: number): string {
  if (line.length <= width) return line
  return wrapped(line, width - 2, '      ')
    .split('\n')
    .join(' \\\n')
}
