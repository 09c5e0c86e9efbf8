#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { LenscapError } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { loadConfig } from '../config/load.ts'
import { configJsonSchema } from '../config/schema.ts'
import { addCredentials } from './credentials-command.ts'
import { type DiscoverRequest, runDiscover } from './discover.ts'
import { runDoctor } from './doctor.ts'
import { setCap, showCameras, showLedger, showStatus } from './inspect.ts'
import { EXIT, Output, reportFailure } from './output.ts'
import { runAgent } from './run.ts'

const CONFIG = ['--config <file>', 'the configuration file', '/etc/lenscap/agent.yaml'] as const
const LINGER_MS = 2_000
const JSON_FLAG = ['--json', 'print JSON'] as const

interface Common {
  readonly config: string
  readonly json?: boolean
}

/** Fires on Ctrl-C and on a service manager's stop; a second Ctrl-C ends the process the hard way. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  const onSignal = () => {
    if (stopping.signal.aborted) process.exit(EXIT.failed)
    stopping.abort()
  }
  // Not `once`: a library that listens as well (the uploads' one does) would find itself alone, and kill the process.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  return stopping.signal
}

const gather = (value: string, former: string[]) => [...former, value]

const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new InvalidArgumentError(`a whole number from ${min} to ${max} is wanted`)
}

const done = (code: number) => {
  process.exitCode = code
}

function addDiscover(program: Command): void {
  program
    .command('discover')
    .description('look round once and say which devices answer')
    .option('--cidr <range>', 'ask every address of a range such as 192.168.7.0/24; repeatable', gather, [])
    .option('--host <host[:port]>', 'ask this host; repeatable', gather, [])
    .option('--interface <name>', 'multicast on this interface only; repeatable', gather, [])
    .option('--user <name>', 'the user name on the cameras')
    .option('--password-file <file>', 'a file with the password')
    .option('--timeout <seconds>', 'how long to wait for answers', wholeNumber(1, 300), 4)
    .option('--discovery-port <port>', 'WS-Discovery port', wholeNumber(1, 65_535), 3702)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExample: lenscap-agent discover --cidr 192.168.7.0/24 --user admin --password-file camera-password',
    )
    .action(async (request: DiscoverRequest & { json?: boolean }) =>
      done(await runDiscover(request, new Output(request.json === true), stopSignal())),
    )
}

function addInspection(program: Command): void {
  const withConfig = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option(...CONFIG)
      .option(...JSON_FLAG)
  const outputOf = ({ json }: Common) => new Output(json === true)
  withConfig('doctor', 'look at all that a working box needs, and say what to do').action(async (options: Common) =>
    done(await runDoctor(options.config, outputOf(options), stopSignal())),
  )
  withConfig('status', 'claimed or not, the cap, what waits and what left').action(async (options: Common) =>
    done(await showStatus(options.config, outputOf(options))),
  )
  withConfig('cameras', 'every camera that this box knows').action(async (options: Common) =>
    done(await showCameras(options.config, outputOf(options))),
  )
  withConfig('ledger', 'every piece of media that left this box')
    .option('--verify', 'check that the chain is whole')
    .action(async (options: Common & { verify?: boolean }) =>
      done(await showLedger(options.config, options.verify === true, outputOf(options))),
    )
  withConfig('cap <on|off>', 'on: nothing leaves, whatever the owner allowed').action(
    async (state: string, options: Common) => {
      if (state !== 'on' && state !== 'off') throw new LenscapError('invalid', 'Say "cap on" or "cap off"')
      done(await setCap(options.config, state === 'on', outputOf(options)))
    },
  )
}

function addConfig(program: Command): void {
  const config = program.command('config').description('the configuration file')
  config
    .command('schema')
    .description('print its JSON schema: every key, its default and what it does')
    .action(() => void process.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`))
  config
    .command('check')
    .description('check a file, naming the line of each fault')
    .option(...CONFIG)
    .option(...JSON_FLAG)
    .action(async (options: Common) => {
      const found = await loadConfig(options.config)
      new Output(options.json === true).answer({ ok: true }, () => `${options.config} is in order, for ${found.bridge}`)
    })
}

function programOf(): Command {
  const program = new Command('lenscap-agent')
    .description('Knows every camera on the network and reports over MQTT; media leaves only by the owner’s consent.')
    .version(VERSION)
    .exitOverride()
  program
    .command('run')
    .description('claim this box where nobody owns it yet, then work until stopped')
    .option(...CONFIG)
    .option('--json', 'say what happens as lines of JSON')
    .action((options: Common) => runAgent(options.config, new Output(options.json === true), stopSignal()))
  addDiscover(program)
  addInspection(program)
  addConfig(program)
  addCredentials(program, done)
  return program
}

// A reader that goes away, such as `| head` or a supervisor that was restarted, is no reason to fall.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  await programOf().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) done(error.exitCode === 0 ? EXIT.done : EXIT.wrongUse)
  else done(reportFailure(error))
}

// Everything has ended by now, but for what can't be told to: a name server that does not answer holds a process for long.
setTimeout(() => process.exit(), LINGER_MS).unref()
