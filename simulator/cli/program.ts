import { Command, CommanderError } from 'commander'
import { FaultError } from '../faults/fault.ts'
import { FleetStartError } from '../fleet/index.ts'
import { completionScript } from './completion.ts'
import { EXIT_DONE, EXIT_FAILED, EXIT_WRONG_USE } from './exit-codes.ts'
import { faultRows, faultTable, profileRows, profileTable } from './lists.ts'
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
<<<<<<< HEAD

function faultRows() {
  return Object.entries(FAULT_GROUPS).flatMap(([group, faults]) =>
    Object.entries<FaultKind>(faults).map(([name, { value, usual, help }]) => ({
      group,
      name,
      value,
      ...(usual === undefined ? {} : { usual }),
      help,
    })),
  )
}

/** One line a fault; a value in brackets may be left out. */
function faultList(): string {
  const rows = faultRows()
  const lines = Object.keys(FAULT_GROUPS).flatMap((group) => [
    `${group}:`,
    ...rows
      .filter((row) => row.group === group)
      .map(({ name, value, usual, help }) => {
        const unit = value.toUpperCase()
        const written = value === 'none' ? name : usual === undefined ? `${name}=${unit}` : `${name}[=${unit}]`
        return `  ${written.padEnd(38)}${help}${usual === undefined ? '' : ` (${usual} unless said)`}`
      }),
  ])
  return `${lines.join('\n')}\n`
}

function addRun(root: Command, terminal: Terminal): void {
  root
    .command('run')
    .description('Run cameras until Ctrl-C; without --profile, one of each brand')
    .option('--profile <name>', 'a brand, may be given several times (see: profiles)', gather(profileName), [])
    .option(
      '--profile-file <file>',
      'a profile of your own: a base and what differs, in YAML or JSON',
      gather(asIs),
      [],
    )
    .option('--cameras <count>', 'how many cameras, taking the brands in turn', wholeNumber(1, CAMERAS_MAX))
    .option('--address <address>', 'the first camera’s address; each other has the next', address, '127.77.0.11')
    .option('--port <number>', 'HTTP port of every camera, instead of each brand’s own', wholeNumber(0, 65535))
    .option('--rtsp-port <number>', 'RTSP port of every camera', wholeNumber(0, 65535), 8554)
    .option('--discovery-port <number>', 'UDP port of WS-Discovery', wholeNumber(0, 65535), 3702)
    .option('--user <name>', 'user of every camera', 'admin')
    .option('--password <text>', 'password of every camera; without it, one is made and printed')
    .addOption(
      new Option('--password-file <file>', 'read that password from a file, unseen by other users').conflicts(
        'password',
      ),
    )
    .option(
      '--fault <name[=value]>',
      'a fault of every camera, may be given several times (see: faults)',
      gather(fault),
      [],
    )
    .option(
      '--video <file>',
      'stream this file in place of the scenes: H.264 or H.265 as an Annex B byte stream, without B-frames (what else it is, is refused with the ffmpeg command that makes it fit)',
    )
    .option(
      '--event-interval <ms>',
      'mean time between two motions of a camera; 0: only on demand',
      wholeNumber(0, 86_400_000),
      9000,
    )
    .option('--scenario <file>', 'what happens when, in YAML')
    .option(
      '--control-port <number>',
      'port on 127.0.0.1 for the control API; without it, there is none',
      wholeNumber(0, 65535),
    )
    .addOption(new Option('--seed <text>', 'decides serials, MACs and when things happen').default('lenscap'))
    .option('--json', 'print what runs as one line of JSON')
    .action((options: RunOptions) => run(options, terminal))
}

function gather(check: (text: string) => string) {
  return (text: string, before: readonly string[]): string[] => [...before, check(text)]
}

function asIs(text: string): string {
  return text
}

function profileName(text: string): string {
  return orComplain(() => profileNamed(text).name)
}

function fault(text: string): string {
  orComplain(() => parseFault(text))
  return text
}

/** Commander adds the option's name to the complaint. */
function orComplain<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : '')
  }
}

function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < min || number > max)
      throw new InvalidArgumentError(`Write a number from ${min} to ${max}.`)
    return number
  }
}

function address(text: string): string {
  if (!isIPv4(text) || !text.startsWith('127.')) throw new InvalidArgumentError('Write a loopback address, 127.x.y.z.')
  return text
}
=======
>>>>>>> room/rtspfaults
