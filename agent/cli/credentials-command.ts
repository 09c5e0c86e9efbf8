import { type Command, Option } from 'commander'
import { BOUND_TO, type BoundTo } from '../credentials/systemd-creds.ts'
import {
  type AddRequest,
  addCredential,
  bindKey,
  confirmDevice,
  importCredentials,
  listCredentials,
  removeCredential,
  retryRefused,
  rotateKey,
} from './credentials.ts'
import { example } from './help.ts'
import { Output } from './output.ts'

interface Common {
  readonly config: string
  readonly json?: boolean
}

const gather = (value: string, former: string[]) => [...former, value]

/** `lenscap-agent credentials …`. @param done sets the exit code */
export function addCredentials(program: Command, done: (code: number) => void): void {
  const group = program.command('credentials').description('who may sign in to the cameras: users and passwords')
  const command = (name: string, description: string) =>
    group
      .command(name)
      .description(description)
      .option('--config <file>', 'the configuration file', '/etc/lenscap/agent.yaml')
      .option('--json', 'print JSON')
  const outputOf = ({ json }: Common) => new Output(json === true)
  command('add', "put a user and password into the box's sealed store")
    .requiredOption('--user <name>', 'the user name on the cameras')
    .option(
      '--for <pattern>',
      'host:ADDRESS, host:RANGE, maker:NAME* or camera:ID; repeatable; all without',
      gather,
      [],
    )
    .option('--first', 'try it before all others')
    .option('--password-file <file>', 'a file with the password, instead of asking for it')
    .option('--stdin', 'read the password from a pipe, instead of asking for it')
    .addHelpText(
      'after',
      example(
        'credentials add --user admin',
        'credentials add --user root --for maker:axis --password-file axis-password',
        'credentials add --user admin --for host:192.168.7.20 --stdin < password',
      ),
    )
    .action(async (options: Common & AddRequest) =>
      done(await addCredential(options.config, options, outputOf(options))),
    )
  command('list', 'users and what they are meant for, never passwords').action(async (options: Common) =>
    done(await listCredentials(options.config, outputOf(options))),
  )
  command('remove <id>', 'take a set out of the store').action(async (id: string, options: Common) =>
    done(await removeCredential(options.config, id, outputOf(options))),
  )
  command('import', "move the configuration file's passwords into the store").action(async (options: Common) =>
    done(await importCredentials(options.config, outputOf(options))),
  )
  command('rotate-key', 'seal the store with a new key').action(async (options: Common) =>
    done(await rotateKey(options.config, outputOf(options))),
  )
  command('bind-key', "bind the store's key to this machine, or to its TPM, by systemd-creds")
    .addOption(new Option('--with-key <what>', 'what it is bound to').choices(BOUND_TO).default('auto'))
    .addHelpText('after', example('credentials bind-key', 'credentials bind-key --with-key host'))
    .action(async (options: Common & { withKey: BoundTo }) =>
      done(await bindKey(options.config, options.withKey, outputOf(options))),
    )
  command('retry [address]', 'send what was refused once more, to one address or to all').action(
    async (address: string | undefined, options: Common) =>
      done(await retryRefused(options.config, address, outputOf(options))),
  )
  command('confirm <address>', 'say that the device at HOST or HOST:PORT is yours, and may be signed in to').action(
    async (address: string, options: Common) => done(await confirmDevice(options.config, address, outputOf(options))),
  )
}
