import { Argument, Command, InvalidArgumentError } from 'commander'
import { VERSION } from '../base/version.ts'
import { completionFor, SHELLS, type Shell } from './completion.ts'
import { addCredentials } from './credentials-command.ts'
import type { DiscoverRequest } from './discover.ts'
import { example, useHelp } from './help.ts'
import { EXIT, Output } from './output.ts'
import type { SetupRequest } from './setup-plan.ts'
import { sinceOf } from './since.ts'

// Each command loads what it needs when it is called: an idle agent holds nothing of the others.

const CONFIG = ['--config <file>', 'the configuration file', '/etc/lenscap/agent.yaml'] as const
const JSON_FLAG = ['--json', 'print JSON'] as const

interface Common {
  readonly config: string
  readonly json?: boolean
}

/** Fires on Ctrl-C and on a service manager's stop; a second Ctrl-C ends the process the hard way. */
function stopSignal({ hangUp = true } = {}): AbortSignal {
  const stopping = new AbortController()
  const onSignal = () => {
    if (stopping.signal.aborted) process.exit(EXIT.failed)
    stopping.abort()
  }
  // Not `once`: a library that listens as well (the uploads' one does) would find itself alone, and kill the process.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal)
  // To a program behind a terminal it says that the terminal is gone, to a service that it should read its configuration.
  process.on('SIGHUP', hangUp || process.stdin.isTTY ? onSignal : () => {})
  return stopping.signal
}

const gather = (value: string, former: string[]) => [...former, value]

const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new InvalidArgumentError(`a whole number from ${min} to ${max} is wanted`)
}

const whenOf = (text: string) => {
  const ms = sinceOf(text, Date.now())
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('say 90s, 15m, 2h, 3d, or a date and time such as 2026-05-01T06:30')
}

const done = (code: number) => {
  process.exitCode = code
}

const outputOf = ({ json }: { readonly json?: boolean }) => new Output(json === true)

/** Flags that say where to look. */
const withPlaces = (command: Command) =>
  command
    .option('--cidr <range>', 'ask every address of a range such as 192.168.7.0/24; repeatable', gather, [])
    .option('--host <host[:port]>', 'ask this host; repeatable', gather, [])
    .option('--interface <name>', 'multicast on this interface only; repeatable', gather, [])
    .option('--user <name>', 'the user name on the cameras')
    .option('--password-file <file>', 'a file with the password')
    .option('--timeout <seconds>', 'how long to wait for answers', wholeNumber(1, 300), 4)
    .option('--discovery-port <port>', 'WS-Discovery port', wholeNumber(1, 65_535), 3702)

function addInstalling(program: Command): void {
  withPlaces(
    program.command('setup').description('find the cameras, prove credentials, write the configuration, claim'),
  )
    .option(...CONFIG)
    .option('--bridge <url>', 'where the bridge answers')
    .option('--name <name>', 'how the box is called in the console')
    .option('--state-dir <folder>', 'where the agent keeps what it knows')
    .option('--answers <file>', 'take all answers from a configuration file')
    .option('--no-claim', 'do not have the box claimed now')
    .option('--yes', 'ask nothing; write over a configuration that is there')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      example('setup', 'setup --bridge https://cameras.example.org --user admin --password-file pw --yes --json'),
    )
    .action(async (request: SetupRequest & { json?: boolean }) => {
      const [{ runSetup }, { terminalQuestions }] = await Promise.all([import('./setup.ts'), import('./questions.ts')])
      const signal = stopSignal()
      done(await runSetup(request, terminalQuestions(signal), outputOf(request), signal))
    })
  program
    .command('run')
    .description('claim this box where nobody owns it yet, then work until stopped')
    .option(...CONFIG)
    .option('--json', 'say what happens as lines of JSON')
    .addHelpText(
      'after',
      `${example('run --config agent.yaml')}\n\nSIGHUP, or a change of the file, has it read again.`,
    )
    .action(async (options: Common) => {
      const { runAgent } = await import('./run.ts')
      await runAgent(options.config, outputOf(options), stopSignal({ hangUp: false }))
    })
  withPlaces(program.command('discover').description('look round once and say which devices answer'))
    .option(...JSON_FLAG)
    .addHelpText('after', example('discover --cidr 192.168.7.0/24 --user admin --password-file camera-password'))
    .action(async (request: DiscoverRequest & { json?: boolean }) => {
      const { runDiscover } = await import('./discover.ts')
      done(await runDiscover(request, outputOf(request), stopSignal()))
    })
}

const withConfig = (program: Command, name: string, description: string, ...examples: string[]) =>
  program
    .command(name)
    .description(description)
    .option(...CONFIG)
    .option(...JSON_FLAG)
    .addHelpText('after', example(...(examples.length > 0 ? examples : [`${name} --json`])))

function addLooking(program: Command): void {
  withConfig(program, 'doctor', 'look at all that a working box needs, and say what to do').action(
    async (options: Common) => {
      const { runDoctor } = await import('./doctor.ts')
      done(await runDoctor(options.config, outputOf(options), stopSignal()))
    },
  )
  withConfig(program, 'status', 'claimed or not, the cap, what waits and what left').action(async (options: Common) =>
    done(await (await import('./inspect.ts')).showStatus(options.config, outputOf(options))),
  )
  const cameras = withConfig(program, 'cameras', 'every camera that this box knows').action(async (options: Common) =>
    done(await (await import('./inspect.ts')).showCameras(options.config, outputOf(options))),
  )
  withConfig(cameras, 'forget', 'forget a camera that is gone for good', 'cameras forget abcdefghijklmnop')
    .argument('<id>', 'as "cameras" shows it')
    .action(async (id: string, options: Common) => {
      const { forgetCamera } = await import('./forget.ts')
      done(await forgetCamera(options.config, id, outputOf(options), stopSignal()))
    })
  withConfig(program, 'watch', 'the running agent, live: cameras, events, queue').action(async (options: Common) =>
    done(await (await import('./running.ts')).watchAgent(options.config, outputOf(options), stopSignal())),
  )
  withConfig(
    program,
    'logs',
    'what the agent logged, also after it has ended',
    'logs --follow',
    'logs --since 2h',
    'logs --since 2026-05-01T06:30 --json',
  )
    .option('--follow', 'go on with what comes, through restarts')
    .option('--lines <n>', 'the newest so many; 100, or all with --since', wholeNumber(0, 100_000))
    .option('--since <when>', '90s, 15m, 2h, 3d, or a date and time (UTC)', whenOf)
    .action(async (options: Common & { follow?: boolean; lines?: number; since?: number }) => {
      const { showLogs } = await import('./logs.ts')
      const { follow = false, since: sinceMs } = options
      const lines = options.lines ?? (sinceMs === undefined ? 100 : undefined)
      const what = { follow, ...(lines !== undefined && { lines }), ...(sinceMs !== undefined && { sinceMs }) }
      done(await showLogs(options.config, what, outputOf(options), stopSignal()))
    })
}

function addPermission(program: Command): void {
  withConfig(program, 'grants', 'what the owner allows of each camera').action(async (options: Common) =>
    done(await (await import('./grants.ts')).showGrants(options.config, outputOf(options))),
  )
  withConfig(program, 'ledger', 'every piece of media that left this box', 'ledger --verify')
    .option('--verify', 'check that the chain is whole')
    .action(async (options: Common & { verify?: boolean }) => {
      const { showLedger } = await import('./inspect.ts')
      done(await showLedger(options.config, options.verify === true, outputOf(options)))
    })
  withConfig(program, 'cap', 'on: nothing leaves, whatever the owner allowed', 'cap on', 'cap off')
    .addArgument(new Argument('<state>', 'on or off').choices(['on', 'off']))
    .action(async (state: string, options: Common) =>
      done(await (await import('./inspect.ts')).setCap(options.config, state === 'on', outputOf(options))),
    )
  withConfig(program, 'reset', 'wipe this box: it knows nobody any more', 'reset', 'reset --yes')
    .option('--yes', 'do not ask')
    .action(async (options: Common & { yes?: boolean }) => {
      const [{ resetBox }, { terminalQuestions }] = await Promise.all([import('./reset.ts'), import('./questions.ts')])
      const signal = stopSignal()
      const sure = options.yes === true
      done(await resetBox(options.config, sure, terminalQuestions(signal), outputOf(options), signal))
    })
}

function addConfig(program: Command): void {
  const config = program.command('config').description('the configuration file')
  config
    .command('schema')
    .description('print its JSON schema: every key, its default and what it does')
    .addHelpText('after', example('config schema > lenscap-agent.schema.json'))
    .action(async () => {
      const { configJsonSchema } = await import('../config/schema.ts')
      process.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
    })
  withConfig(config, 'check', 'check a file, naming the line of each fault', 'config check --config agent.yaml').action(
    async (options: Common) => {
      const { checkConfig } = await import('./config-commands.ts')
      done(await checkConfig(options.config, outputOf(options)))
    },
  )
  withConfig(config, 'show', 'every key with the value that counts, defaults included', 'config show').action(
    async (options: Common) => {
      const { showConfig } = await import('./config-commands.ts')
      done(await showConfig(options.config, outputOf(options)))
    },
  )
  withConfig(config, 'reload', 'have the running agent read it again', 'config reload').action(
    async (options: Common) => {
      const { reloadConfig } = await import('./running.ts')
      done(await reloadConfig(options.config, outputOf(options), stopSignal()))
    },
  )
}

/** The whole command line. */
export function programOf(): Command {
  const program = useHelp(new Command('lenscap-agent'))
    .description('Knows every camera on the network and reports over MQTT; media leaves only by the owner’s consent.')
    .version(VERSION)
    .exitOverride()
    // Options belong to the command that they stand behind: "cameras" must not take those of "cameras forget".
    .enablePositionalOptions()
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong use, 3 partly.\nBegin with: lenscap-agent setup')
  addInstalling(program)
  addLooking(program)
  addPermission(program)
  addConfig(program)
  addCredentials(program, done)
  program
    .command('completion')
    .description('print a script that completes commands and options')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', example('completion bash > /etc/bash_completion.d/lenscap-agent'))
    .action((shell: Shell) => void process.stdout.write(completionFor(shell, program)))
  return program
}
