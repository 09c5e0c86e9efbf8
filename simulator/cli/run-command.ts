import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseFault } from '../faults/fault.ts'
import { profileNamed } from '../profiles/catalogue.ts'
import { isCameraAddress } from './network.ts'

export interface RunOptions {
  readonly profile?: readonly string[]
  readonly profileFile?: readonly string[]
  readonly cameras?: number
  readonly address: string
  readonly port?: number
  readonly rtspPort: number
  readonly discoveryPort: number
  readonly user: string
  readonly password?: string
  readonly passwordFile?: string
  readonly fault?: readonly string[]
  readonly withoutFaults?: boolean
  readonly video?: string
  readonly eventInterval: number
  readonly controlPort?: number
  readonly scenario?: string
  readonly once?: boolean
  readonly record?: string
  readonly seed: string
  readonly json?: boolean
}

const CAMERAS_MAX = 5000
const DAY_MS = 86_400_000

const EXAMPLES = `
Examples:
  One camera of each brand, and the page with their switches:
    lenscap-simulator run --control-port 8490
  Two cameras, one of which refuses every subscription and is an hour slow:
    lenscap-simulator run --profile axis --profile hikvision \\
      --fault slots-full --fault clock-skew=-3600
  A timeline, and a recording of all that happens:
    lenscap-simulator run --scenario rain.yaml --record run.yaml
  That recording again, elsewhere, until it is over:
    lenscap-simulator run --scenario run.yaml --address 127.88.0.11 --once

A password is best given with --password-file, or in the environment: what
stands after --password is seen by every user of this machine (ps).
`

/** Describes the command \`run\`: the cameras first, then what happens to them, then how to see it. */
export function describeRun(command: Command): Command {
  command.description('Run cameras until Ctrl-C; without --profile, one of each brand')
  addCameras(command)
  addLogin(command)
  addHappenings(command)
  return command.option('--json', 'print what runs and what happens as lines of JSON').addHelpText('after', EXAMPLES)
}

function addCameras(command: Command): void {
  command
    .option('--profile <name>', 'a brand, may be given several times (see: profiles)', gather(profileName))
    .option('--profile-file <file>', 'a profile of your own, in YAML or JSON: a base and what differs', gather(asIs))
    .option('--cameras <count>', 'how many cameras, taking the brands in turn', wholeNumber(1, CAMERAS_MAX))
    .option('--address <address>', 'the first camera’s address; each other has the next', address, '127.77.0.11')
    .option('--port <number>', 'HTTP port of every camera, instead of each brand’s own', wholeNumber(0, 65535))
    .option('--rtsp-port <number>', 'RTSP port of every camera', wholeNumber(0, 65535), 8554)
    .option('--discovery-port <number>', 'UDP port of WS-Discovery', wholeNumber(0, 65535), 3702)
    .option('--video <file>', 'stream this in place of the scenes: H.264 or H.265, Annex B, without B-frames')
    .addOption(new Option('--seed <text>', 'decides serials, MACs and when things happen').default('lenscap'))
}

function addLogin(command: Command): void {
  command
    .option('--user <name>', 'user of every camera', 'admin')
    .addOption(new Option('--password-file <file>', 'read every camera’s password from a file').conflicts('password'))
    .addOption(
      new Option('--password <text>', 'the password itself, seen by all users; without any, one is made').env(
        'LENSCAP_SIMULATOR_PASSWORD',
      ),
    )
}

function addHappenings(command: Command): void {
  command
    .option(
      '--fault <name[=value]>',
      'a fault of every camera, may be given several times (see: faults)',
      gather(fault),
    )
    .option('--without-faults', 'leave out the faults that brands have of themselves (see: profiles)')
    .option(
      '--event-interval <ms>',
      'mean time between two motions of a camera; 0: only on demand',
      wholeNumber(0, DAY_MS),
      9000,
    )
    .option('--scenario <file>', 'a timeline of what happens, or a recording')
    .option('--once', 'end when the scenario is over')
    .option('--record <file>', 'write down all that happens, as a scenario')
    .option(
      '--control-port <number>',
      'port on 127.0.0.1 for the page and the control API; without it, there is none',
      wholeNumber(0, 65535),
    )
}

function gather(check: (text: string) => string) {
  return (text: string, before: readonly string[] = []): string[] => [...before, check(text)]
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
  if (!isCameraAddress(text)) throw new InvalidArgumentError('Write a loopback address, 127.x.y.z.')
  return text
}
