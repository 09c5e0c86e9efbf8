import { spawn } from 'node:child_process'
import type { RunAs } from './trust.ts'

/** What is kept of what a hook prints; the rest is thrown away as it comes. */
export const OUTPUT_BYTES_MAX = 4096
/** Between being asked to end and being ended. */
const GRACE_MS = 1000

export interface HookEnd {
  readonly outcome: 'done' | 'failed' | 'timed-out'
  /** The exit status, or the signal or error that ended it. */
  readonly detail: string
  /** What it printed, its first 4096 bytes, without control characters. */
  readonly output: string
}

export interface HookOrder {
  readonly path: string
  readonly args: readonly string[]
  /** Comes on its standard input. */
  readonly input: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly runAs?: RunAs | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs one hook to its end, at the latest at its deadline. It leads a process group of its own, and nothing of that group
 * is left behind: also not what a hook that succeeded left running. Never throws.
 */
export function runHook(order: HookOrder): Promise<HookEnd> {
  return new Promise((resolve) => {
    const child = spawn(order.path, order.args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      cwd: '/',
      // Nothing is handed on: the agent's own environment may hold what is nobody's business.
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...order.environment },
      ...order.runAs,
    })
    const output = keepOutput([child.stdout, child.stderr])
    const end = (signal: NodeJS.Signals) => endGroup(child.pid, signal)
    let late = false
    let last: NodeJS.Timeout | undefined
    const stop = () => {
      end('SIGTERM')
      last = setTimeout(() => end('SIGKILL'), GRACE_MS)
    }
    const deadline = setTimeout(() => {
      late = true
      stop()
    }, order.timeoutMs)
    const finish = (outcome: HookEnd['outcome'], detail: string) => {
      clearTimeout(deadline)
      clearTimeout(last)
      order.signal?.removeEventListener('abort', stop)
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
      if (late) resolve({ outcome: 'timed-out', detail: `ended after ${order.timeoutMs} ms`, output: output() })
      else resolve({ outcome, detail, output: output() })
    }
    order.signal?.addEventListener('abort', stop, { once: true })
    child.on('error', (error) => finish('failed', error.message))
    child.on('exit', (code, signal) => {
      const told = () => finish(code === 0 ? 'done' : 'failed', signal ?? `exit status ${code}`)
      end('SIGKILL')
      // What it printed last may still be on its way; what left its group may hold its output open for ever.
      child.on('close', told)
      clearTimeout(last)
      last = setTimeout(told, GRACE_MS)
    })
    // A hook that doesn't read its input closes it early: that is its right.
    child.stdin.on('error', () => {})
    child.stdin.end(order.input)
  })
}

/** The whole group; not a process that took its number after it. */
function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody is left of it.
  }
}

function keepOutput(streams: readonly NodeJS.ReadableStream[]): () => string {
  const kept: Buffer[] = []
  let bytes = 0
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      if (bytes >= OUTPUT_BYTES_MAX) return
      kept.push(chunk.subarray(0, OUTPUT_BYTES_MAX - bytes))
      bytes += Math.min(chunk.length, OUTPUT_BYTES_MAX - bytes)
    })
    stream.on('error', () => {})
  }
  return () =>
    Buffer.concat(kept)
      .toString('utf8')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal must not be given
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
      .trim()
}
