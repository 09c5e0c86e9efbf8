import type { StreamMessage } from '../../web/api.ts'
import { retryDelayMs } from '../model/backoff.ts'
import type { Action } from '../model/state.ts'
import type { Overview } from '../model/types.ts'
import { ApiFailure, advice } from './api.ts'

/** What this room needs of the browser's EventSource. */
export type Source = {
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (message: { data: string }) => void): void
  close(): void
}

export type LiveDeps = {
  /** Opens the stream. */
  readonly open: () => Source
  readonly overview: () => Promise<Overview>
  readonly dispatch: (action: Action) => void
  /** Waits, or throws when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly random: () => number
}

const TYPES: Record<StreamMessage['type'], true> = {
  agent: true,
  camera: true,
  'camera-removed': true,
  event: true,
  item: true,
  'item-deleted': true,
  activity: true,
  totals: true,
}

/** Keeps the console up to date until the signal fires or the session ends: one loop that opens the stream again. */
export async function keepLive(deps: LiveDeps, signal: AbortSignal): Promise<void> {
  let attempt = 0
  const opened = () => {
    attempt = 0
  }
  while (!signal.aborted) {
    try {
      await live(deps, signal, opened)
    } catch (error) {
      if (signal.aborted || (error instanceof ApiFailure && error.kind === 'signed-out')) return
      deps.dispatch({ type: 'link', link: 'lost' })
      if (error instanceof ApiFailure) deps.dispatch({ type: 'trouble', message: advice(error) })
    }
    try {
      await deps.sleep(retryDelayMs(attempt, deps.random()), signal)
    } catch {
      return
    }
    attempt += 1
  }
}

/** One life of the stream. The overview is read after the stream is open, and messages wait for it: none falls between. */
async function live(deps: LiveDeps, signal: AbortSignal, opened: () => void): Promise<void> {
  const source = deps.open()
  const stop = () => source.close()
  signal.addEventListener('abort', stop, { once: true })
  let waiting: StreamMessage[] | undefined = []
  source.addEventListener('message', ({ data }) => {
    const message = parse(data)
    if (message === undefined) return
    if (waiting === undefined) deps.dispatch(message)
    else waiting.push(message)
  })
  try {
    const broken = new Promise<never>((_, reject) => {
      source.addEventListener('error', () => reject(new Error('the live stream broke')))
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    const open = new Promise<boolean>((resolve) => {
      source.addEventListener('open', () => resolve(true))
    })
    const isOpen = await Promise.race([open, broken]).catch(() => false)
    signal.throwIfAborted()
    // Also where the stream does not open: the page shows what there is, and a lost session is noticed.
    deps.dispatch({ type: 'overview', overview: await deps.overview() })
    if (!isOpen) throw new Error('the live stream does not open')
    for (const message of waiting) deps.dispatch(message)
    waiting = undefined
    opened()
    deps.dispatch({ type: 'link', link: 'live' })
    await broken
  } finally {
    signal.removeEventListener('abort', stop)
    source.close()
  }
}

/** A newer bridge may say more than this console knows: that is left out. */
function parse(data: string): StreamMessage | undefined {
  try {
    const message = JSON.parse(data) as StreamMessage
    return Object.hasOwn(TYPES, message.type) ? message : undefined
  } catch {
    return undefined
  }
}
