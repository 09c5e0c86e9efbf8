import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overview } from '../model/sample.ts'
import type { Action } from '../model/state.ts'
import { ApiFailure } from './api.ts'
import { keepLive, type Source } from './live.ts'

type Listeners = { open: () => void; error: () => void; message: (message: { data: string }) => void }

/** A stream in the test's hands: opens, speaks and breaks when told to. */
class HandSource implements Source {
  closed = false
  readonly #on: Partial<Listeners> = {}
  addEventListener<T extends keyof Listeners>(type: T, listener: Listeners[T]): void {
    Object.assign(this.#on, { [type]: listener })
  }
  close(): void {
    this.closed = true
  }
  open = () => this.#on.open?.()
  break = () => this.#on.error?.()
  say = (message: unknown) =>
    this.#on.message?.({ data: typeof message === 'string' ? message : JSON.stringify(message) })
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
const totals = (messages: number) => ({ type: 'totals', totals: { messages, mediaItems: 0, mediaBytes: 0 } })

function start(read = () => Promise.resolve(overview([]))) {
  const sources: HandSource[] = []
  const seen: Action[] = []
  const waits: number[] = []
  const stop = new AbortController()
  const deps = {
    open: () => {
      const source = new HandSource()
      sources.push(source)
      return source
    },
    overview: read,
    dispatch: (action: Action) => seen.push(action),
    sleep: async (ms: number) => {
      waits.push(ms)
      if (waits.length > 20) stop.abort()
      await settle()
    },
    random: () => 1,
  }
  return { done: keepLive(deps, stop.signal), sources, seen, waits, stop }
}

test('messages that come while the overview is on its way are applied after it', async () => {
  const reply = Promise.withResolvers<ReturnType<typeof overview>>()
  const { done, sources, seen, stop } = start(() => reply.promise)
  sources[0]?.open()
  await settle()
  sources[0]?.say(totals(7))
  assert.deepEqual(seen, [])
  reply.resolve(overview([]))
  await settle()
  assert.deepEqual(
    seen.map(({ type }) => type),
    ['overview', 'totals', 'link'],
  )
  stop.abort()
  await done
  assert.equal(sources[0]?.closed, true)
})

test('a broken stream is opened again and the overview is read again', async () => {
  const { done, sources, seen, waits, stop } = start()
  sources[0]?.open()
  await settle()
  sources[0]?.break()
  await settle()
  await settle()
  assert.equal(sources.length, 2)
  assert.equal(sources[0]?.closed, true)
  sources[1]?.open()
  await settle()
  assert.deepEqual(
    seen.map((action) => (action.type === 'link' ? action.link : action.type)),
    ['overview', 'live', 'lost', 'overview', 'live'],
  )
  assert.deepEqual(waits, [500])
  stop.abort()
  await done
})

test('a stream that does not open still shows the overview, and is tried ever more slowly', async () => {
  const { done, sources, seen, waits, stop } = start()
  for (let i = 0; i < 3; i += 1) {
    sources[i]?.break()
    await settle()
    await settle()
    await settle()
  }
  assert.ok(seen.some(({ type }) => type === 'overview'))
  assert.deepEqual(waits.slice(0, 3), [500, 1000, 2000])
  stop.abort()
  await done
})

test('a session that has ended ends the loop', async () => {
  const { done, sources, waits } = start(() => Promise.reject(new ApiFailure('signed-out', '')))
  sources[0]?.break()
  await done
  assert.deepEqual(waits, [])
})

test('what this console does not know is left out', async () => {
  const { done, sources, seen, stop } = start()
  sources[0]?.open()
  await settle()
  const before = seen.length
  for (const strange of ['{', 'null', '7', '{}', { type: 'toString' }, { type: 'tomorrow' }]) sources[0]?.say(strange)
  assert.equal(seen.length, before)
  stop.abort()
  await done
})
