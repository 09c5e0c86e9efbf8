#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { program } from './program.ts'

// V8 gives garbage ever more room the busier a program is: 25 MB for a thousand cameras, which have little garbage.
setFlagsFromString('--semi-space-growth-factor=1')

process.exitCode = await program(process.argv.slice(2), {
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
})
