#!/usr/bin/env node
import { CommanderError } from 'commander'
import { EXIT, reportFailure, wantsJson } from './output.ts'
import { programOf } from './program.ts'

const LINGER_MS = 2_000

// A small buffer that is kept holds the pool from which it was cut, and MQTT.js keeps one for each length of a packet. Node's
// pools were of this size until they became eight times as large.
Buffer.poolSize = 8192

// A reader that goes away, such as `| head` or a supervisor that was restarted, is no reason to fall.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  await programOf().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.wrongUse
  else process.exitCode = reportFailure(error, wantsJson(process.argv))
}

// Everything has ended by now, but for what can't be told to: a name server that does not answer holds a process for long.
setTimeout(() => process.exit(), LINGER_MS).unref()
