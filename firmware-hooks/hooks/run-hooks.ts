import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type HookCall, type HookEvent, subjectOf } from './hook-event.ts'
import { type HookEnd, runHook } from './run-hook.ts'
import { isProgram, reasonToRefuse, runAsIn } from './trust.ts'

export interface HookResult {
  /** Its path. */
  readonly hook: string
  readonly outcome: HookEnd['outcome'] | 'refused'
  /** The exit status, the signal or error that ended it, or why it was not run. */
  readonly detail: string
  readonly output: string
}

export interface HookOptions {
  /** Each holds one folder per event; a missing one means no hooks. */
  readonly hooksDirs: readonly string[]
  /** When it happened, UTC. */
  readonly atMs: number
  /** A hook that takes longer is ended: it must never hold up the agent. */
  readonly timeoutMs: number
  /** Where the agent keeps what it knows, for hooks that put the cap on; it is all of an environment that they get. */
  readonly stateDir: string
  readonly signal?: AbortSignal
  /** For tests. */
  readonly ownUid?: number
}

const HOOKS_MAX = 32

/** The contract's version. It grows by new events and new facts; a change of what is there would be the next. */
const CONTRACT = 1

/**
 * Calls the executables of `{hooksDir}/{event}/` one after the other, in the order of their names, with the event and
 * its subject as arguments and one line of JSON on standard input. A hook that fails, hangs or may not be run is
 * reported; the next is called all the same. Never throws.
 */
export async function runHooks(call: HookCall, options: HookOptions): Promise<HookResult[]> {
  const results: HookResult[] = []
  for (const hooksDir of options.hooksDirs) results.push(...(await runIn(hooksDir, call, options)))
  return results
}

async function runIn(hooksDir: string, call: HookCall, options: HookOptions): Promise<HookResult[]> {
  const folder = join(hooksDir, call.event)
  const names = await namesIn(folder)
  const results: HookResult[] = []
  for (const path of names.slice(0, HOOKS_MAX).map((name) => join(folder, name))) {
    if (options.signal?.aborted) break
    if (!(await isProgram(path))) continue
    results.push(await runTrusted(path, [hooksDir, folder, path], call, options))
  }
  const left = names.length - HOOKS_MAX
  if (left > 0) results.push(refused(folder, `only ${HOOKS_MAX} hooks are run: ${left} were left out`))
  return results
}

/** What an editor or a package manager leaves beside a file is no hook. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => !/^\.|~$|\.(dpkg|opkg|rpm)[a-z-]*$/.test(name)).sort()
}

async function runTrusted(
  path: string,
  way: readonly string[],
  call: HookCall,
  options: HookOptions,
): Promise<HookResult> {
  const ownUid = options.ownUid ?? process.getuid?.() ?? 0
  try {
    for (const step of way) {
      const reason = await reasonToRefuse(step, ownUid)
      if (reason !== undefined) return refused(path, reason)
    }
    const subject = subjectOf(call)
    const end = await runHook({
      path,
      args: subject === undefined ? [call.event] : [call.event, subject],
      input: `${JSON.stringify({ v: CONTRACT, event: call.event, at: options.atMs, ...call.facts })}\n`,
      environment: { LENSCAP_STATE_DIR: options.stateDir },
      timeoutMs: options.timeoutMs,
      runAs: await runAsIn(way[0] ?? '/', ownUid),
      signal: options.signal,
    })
    return { hook: path, ...end }
  } catch (error) {
    return refused(path, error instanceof Error ? error.message : String(error))
  }
}

const refused = (hook: string, detail: string): HookResult => ({ hook, outcome: 'refused', detail, output: '' })

/** How long the hooks of an event may take each: a light that lags behind shows what is not so any more. */
export const timeoutOf = (event: HookEvent): number => (event === 'led' ? 5000 : 30_000)
