import { Command, CommanderError } from 'commander'
import { FaultError } from '../faults/fault.ts'
import { FleetStartError } from '../fleet/index.ts'
import { completionScript } from './completion.ts'
import { EXIT_DONE, EXIT_FAILED, EXIT_WRONG_USE } from './exit-codes.ts'
import { faultRows, faultTable, profileRows, profileTable } from './lists.ts'
import { describeNetwork } from './network.ts'
import { run } from './run.ts'
import { describeRun, type RunOptions } from './run-command.ts'
import type { Terminal } from './terminal.ts'

const VERSION = '0.1.0'

const EXAMPLES = `
Exit codes: 0 done, 1 failed, 2 wrong use, 3 done in part.
With --json, errors are JSON too, one line on standard error.
`

/** Runs one command and gives its exit code. Only a fault of its own is thrown. */
export async function program(args: readonly string[], terminal: Terminal): Promise<number> {
  const isJson = args.includes('--json')
  const outcome = { code: EXIT_DONE }
  const fail = (message: string, code: number) => {
    terminal.writeError(isJson ? `${JSON.stringify({ event: 'error', error: message, exit: code })}\n` : `${message}\n`)
    return code
  }
  try {
    await build(terminal, isJson, (code) => {
      outcome.code = code
    }).parseAsync(args, { from: 'user' })
    return outcome.code
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT_DONE
      return isJson ? fail(error.message.replace(/^error: /, ''), EXIT_WRONG_USE) : EXIT_WRONG_USE
    }
    if (error instanceof RangeError || error instanceof FaultError) return fail(`${error.message}.`, EXIT_WRONG_USE)
    if (error instanceof FleetStartError) return fail(`${error.message}.`, EXIT_FAILED)
    throw error
  }
}

function build(terminal: Terminal, isJson: boolean, end: (code: number) => void): Command {
  const root = new Command('lenscap-simulator')
    .description('Simulates ONVIF cameras of several brands, each on a loopback address of its own.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => {
        if (!isJson) terminal.writeError(text)
      },
    })
    .addHelpText('after', EXAMPLES)
  describeRun(root.command('run')).action(async (options: RunOptions, command: Command) => {
    end(await run(options, (option) => command.getOptionValueSource(option) !== 'default', terminal))
  })
  describeNetwork(root.command('network'), end)
  root
    .command('profiles')
    .description('List the brands that can be simulated')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => {
      terminal.write(options.json ? `${JSON.stringify(profileRows())}\n` : profileTable())
    })
  root
    .command('faults')
    .description('List the faults that a camera can be given')
    .argument('[word]', 'only those with this word, such as rtsp')
    .option('--json', 'print JSON')
    .action((word: string | undefined, options: { json?: boolean }) => {
      const rows = faultRows(word)
      if (rows.length === 0) throw new RangeError(`No fault has "${word}" in its name or help: leave it out to see all`)
      terminal.write(options.json ? `${JSON.stringify(rows)}\n` : faultTable(rows, terminal))
    })
  root
    .command('completion')
    .description('Print a completion script: source <(lenscap-simulator completion)')
    .option('--json', 'print it as a JSON string')
    .action((options: { json?: boolean }) => {
      const script = completionScript(root)
      terminal.write(options.json ? `${JSON.stringify(script)}\n` : script)
    })
  return root
}
