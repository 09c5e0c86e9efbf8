import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What may happen on a box that its maker or installer wants to act on. */
export type HookEvent = 'camera-found' | 'camera-lost' | 'grant-changed' | 'cap-on' | 'cap-off'

export interface HookResult {
  readonly hook: string
  readonly outcome: 'done' | 'failed' | 'timed-out'
  /** The exit status, or the signal or error that ended it. */
  readonly detail: string
}

interface HookOptions {
  /** Holds one folder per event; a missing one means no hooks. */
  readonly hooksDir: string
  /** Given to each hook as JSON on its standard input. Never holds a secret. */
  readonly facts: object
  /** A hook that takes longer is ended: it must never hold up the agent. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

const HOOKS_MAX = 32

/**
 * Calls the executables of `{hooksDir}/{event}/` one after the other, in the order of their names, with the event as the
 * only argument. A hook that fails, hangs or can't be run is reported; the next is called all the same.
 */
export async function runHooks(event: HookEvent, options: HookOptions): Promise<HookResult[]> {
  const folder = join(options.hooksDir, event)
  const names = (await readdir(folder).catch(() => [])).sort().slice(0, HOOKS_MAX)
  const results: HookResult[] = []
  for (const hook of names) {
    const path = join(folder, hook)
    if (options.signal?.aborted) break
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (executable) results.push({ hook, ...(await runHook(path, event, options)) })
  }
  return results
}

function runHook(path: string, event: HookEvent, options: HookOptions): Promise<Omit<HookResult, 'hook'>> {
  return new Promise((resolve) => {
    // A group of its own, so that what a hook started ends with it. An environment of its own, so that it inherits no secret.
    const child = spawn(path, [event], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    })
    const endGroup = () => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It ended by itself this very moment, or runs as somebody else.
      }
    }
    const deadline = setTimeout(() => {
      endGroup()
      finish('timed-out', `ended after ${options.timeoutMs} ms`)
    }, options.timeoutMs)
    const finish = (outcome: HookResult['outcome'], detail: string) => {
      clearTimeout(deadline)
      options.signal?.removeEventListener('abort', endGroup)
      resolve({ outcome, detail })
    }
    options.signal?.addEventListener('abort', endGroup, { once: true })
    child.on('error', (error) => finish('failed', error.message))
    child.on('exit', (code, signal) => finish(code === 0 ? 'done' : 'failed', signal ?? `exit status ${code}`))
    // A hook that doesn't read its input closes it early: that is its right.
    child.stdin.on('error', () => {})
    child.stdin.end(`${JSON.stringify(options.facts)}\n`)
  })
}
