import type { App } from './app.ts'

const TICK_MS = 5000

/** A clock that ticks only while somebody looks. */
export function createClock(): App['clock'] {
  const listeners = new Set<() => void>()
  let timer: ReturnType<typeof setInterval> | undefined
  return {
    now: () => Date.now(),
    subscribe(listener) {
      listeners.add(listener)
      timer ??= setInterval(() => {
        for (const each of [...listeners]) each()
      }, TICK_MS)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}
