export interface Progress {
  /** So many were found so far. */
  readonly count: (devices: number) => void
  readonly end: () => void
}

const EVERY_MS = 250

/** One line on standard error that says how far long work is; only where a person looks. */
export function openProgress(what: string): Progress {
  if (!process.stderr.isTTY) return { count: () => {}, end: () => {} }
  const startedMs = performance.now()
  let devices = 0
  const draw = () => {
    const seconds = Math.floor((performance.now() - startedMs) / 1000)
    process.stderr.write(`\r\x1b[K${what}: ${seconds} s, ${devices} found`)
  }
  draw()
  const timer = setInterval(draw, EVERY_MS)
  return {
    count: (found) => {
      devices = found
    },
    end: () => {
      clearInterval(timer)
      process.stderr.write('\r\x1b[K')
    },
  }
}
