import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMsOf, type Memory, memoryOf } from '../cost.ts'

const FFMPEG = 'ffmpeg'
const BEGIN_MS_MAX = 60_000
const STOP_MS_MAX = 10_000

export function hasFfmpeg(): boolean {
  try {
    return execFileSync(FFMPEG, ['-v', 'error', '-encoders'], { encoding: 'utf8' }).includes('libx264')
  } catch {
    return false
  }
}

/** Makes a moving picture of 1080p as cameras send it: 20 pictures and 4 Mbit a second, a keyframe every two seconds. */
export function makeFilm(path: string): void {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=1920x1080:rate=20:duration=10']
  const rate = ['-b:v', '4M', '-maxrate', '4M', '-bufsize', '4M', '-g', '40', '-bf', '0', '-sc_threshold', '0']
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...rate]
  execFileSync(FFMPEG, ['-v', 'error', '-y', ...source, ...coding, '-f', 'h264', path])
}

/** Several `ffmpeg -c copy`, one for each stream, as recorders run them. */
export class Copiers implements AsyncDisposable {
  readonly #children: readonly ChildProcess[]

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children
  }

  /** Resolves when all write. Throws Error where one does not. */
  static async start(jobs: readonly { readonly uri: string; readonly file: string }[]): Promise<Copiers> {
    const children = jobs.map(({ uri, file }) => {
      const input = ['-rtsp_transport', 'tcp', '-i', uri]
      const output = ['-c', 'copy', '-f', 'mp4', '-movflags', '+frag_keyframe+empty_moov+default_base_moof', file]
      return spawn(FFMPEG, ['-v', 'error', '-y', ...input, ...output], { stdio: ['ignore', 'ignore', 'inherit'] })
    })
    const copiers = new Copiers(children)
    const until = performance.now() + BEGIN_MS_MAX
    while (!jobs.every(({ file }) => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 100_000)) {
      if (performance.now() > until) {
        await copiers[Symbol.asyncDispose]()
        throw new Error('ffmpeg does not record')
      }
      await sleep(100)
    }
    return copiers
  }

  get cpuMs(): number {
    return this.#pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0)
  }

  get memory(): Pick<Memory, 'rssBytes' | 'pssBytes'> {
    const all = this.#pids.map(memoryOf)
    const sum = (name: 'rssBytes' | 'pssBytes') => all.reduce((total, each) => total + each[name], 0)
    return { rssBytes: sum('rssBytes'), pssBytes: sum('pssBytes') }
  }

  get #pids(): number[] {
    return this.#children.flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = once(child, 'exit', { signal: AbortSignal.timeout(STOP_MS_MAX) })
        child.kill('SIGINT')
        await ended.catch(() => child.kill('SIGKILL'))
      }),
    )
  }
}
