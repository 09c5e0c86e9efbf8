#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { describeError, errorKind } from '../../agent/base/errors.ts'
import { run } from './run.ts'

const DONE = 0
const FAILED = 1
const WRONG_USE = 2

function program(): Command {
  const bridge = new Command('lenscap-bridge')
    .description('The cloud side of Lenscap: broker, records, media and console in one process')
    .version('0.1.0')
    .exitOverride()
  bridge
    .command('run')
    .description('start the bridge; Ctrl-C stops it')
    .option('--data <dir>', 'folder of records, media and keys')
    .option('--http-port <n>', 'port of the console, its API and uploads (8080)')
    .option('--mqtt-port <n>', 'port of the MQTT broker (1883)')
    .option('--host <address>', 'address to listen on (127.0.0.1)')
    .option('--public-url <url>', 'how people and boxes reach the HTTP port')
    .option('--public-mqtt-url <url>', 'how boxes reach the MQTT port')
    .option('--console <dir>', 'folder of the built console (the one built with the program)')
    .option('--log-level <level>', 'debug, info, warn, error or silent (info); logs are JSON lines on stderr')
    .option('--config <file>', 'YAML file with the same settings; options count more')
    .option('--json', 'say where it listens as one line of JSON')
    .action(run)
  return bridge
}

async function main(): Promise<number> {
  try {
    await program().parseAsync()
    return DONE
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USE
    process.stderr.write(`lenscap-bridge: ${describeError(error)}\n`)
    return errorKind(error) === 'invalid' ? WRONG_USE : FAILED
  }
}

process.exitCode = await main()
