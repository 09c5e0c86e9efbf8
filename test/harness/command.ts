import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const ROOT = join(import.meta.dirname, '../..')

/** Where `make build` leaves a program. */
export const programPath = (name: string): string => join(ROOT, 'build/bin', name)

export interface CommandResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs one of Lenscap's programs to its end, as a person would in a shell; one that doesn't end in time is killed. */
export async function command(name: string, args: readonly string[], timeoutMs = 10_000): Promise<CommandResult> {
  const child = spawn(programPath(name), args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  clearTimeout(timer)
  return { code, out, err }
}
