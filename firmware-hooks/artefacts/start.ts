// Where the self-contained executable begins: what it needs of Node before the program itself is loaded.
import childProcess from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { describeError } from '../../agent/base/errors.ts'
import { LATE_FLAGS } from './node-flags.ts'

/** Where a native addon can be put for the moment of loading it, the likeliest first. */
const FOLDERS = [tmpdir(), '/dev/shm', '/run', '/var/tmp']

/**
 * The system loads addons from real files only. The executable's own comes out of it into a folder that nobody else can
 * enter, and is deleted as soon as it is loaded: pkg's way, a lasting copy in the home folder, fails for a service that
 * has none, and would load what somebody else has put there.
 */
function loadAddonsFromInside(): void {
  const load = process.dlopen
  process.dlopen = (module: object, filename: string, flags?: number) => {
    const open = (path: string) => (flags === undefined ? load(module, path) : load(module, path, flags))
    if (!filename.startsWith(import.meta.dirname)) return open(filename)
    const addon = readFileSync(filename)
    const failures: string[] = []
    for (const folder of FOLDERS) {
      const failure = tryIn(folder, basename(filename), addon, open)
      if (failure === undefined) return
      failures.push(failure)
    }
    throw new Error(`No folder to load ${basename(filename)} from: ${failures.join('; ')}`)
  }
}

/** Undefined when it is loaded, else why not. */
function tryIn(parent: string, name: string, addon: Buffer, open: (path: string) => void): string | undefined {
  let folder: string | undefined
  try {
    folder = mkdtempSync(join(parent, 'lenscap-'))
    writeFileSync(join(folder, name), addon, { mode: 0o500 })
    open(join(folder, name))
    return undefined
  } catch (error) {
    return describeError(error)
  } finally {
    if (folder) rmSync(folder, { recursive: true, force: true })
  }
}

/** As the launcher's `--disable-warning=DEP0169`, which an executable can't be given: see `node-flags.ts`. */
function keepQuietAboutUrlParse(): void {
  process.emitWarning = new Proxy(process.emitWarning, {
    apply: (emit, self, warning) => (warning.includes('DEP0169') ? undefined : Reflect.apply(emit, self, warning)),
  })
}

/**
 * Pkg wraps the functions that start processes, so that a program can start "node" where there is none; `exec` breaks
 * by that where a caller leaves the options undefined, as the library for the box's facts does.
 */
function mendExec(): void {
  const exec = new Proxy(childProcess.exec, {
    apply: (start, self, given) => {
      const gapless = given.filter((each) => each !== undefined)
      return Reflect.apply(start, self, gapless)
    },
  })
  Object.assign(childProcess, { exec })
}

// Pkg hands Node no flags of ours.
for (const flag of LATE_FLAGS) setFlagsFromString(flag)
loadAddonsFromInside()
mendExec()
keepQuietAboutUrlParse()
// Laid beside this file when the executable is made.
const program = './main.js'
await import(program)
