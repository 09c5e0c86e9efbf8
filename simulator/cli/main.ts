#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { program } from './program.ts'

// V8 gives garbage ever more room the busier a program is: 25 MB for a thousand cameras, which have little garbage.
setFlagsFromString('--semi-space-growth-factor=1')

// Whoever read the output has gone, as `| head` does: nobody is left to tell.
process.stdout.on('error', () => process.exit())

try {
  process.exitCode = await program(process.argv.slice(2), {
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    columns: process.stdout.columns ?? 80,
  })
} catch (error) {
  process.stderr.write(`The simulator has a fault of its own: ${error instanceof Error ? error.stack : error}\n`)
  process.exitCode = 1
}
