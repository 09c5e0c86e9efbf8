import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { systemClock } from './clock.ts'
import { withDeadline } from './deadline.ts'
import { LinkedController } from './linked-controller.ts'

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

function within(timeoutMs: number, signal: AbortSignal) {
  return { clock: systemClock, timeoutMs, signal, what: 'The test', facts: { host: '192.0.2.1' } }
}

/** Work that never ends by itself, and does not heed its signal. */
const deaf = () => new Promise<never>(() => {})

describe('a deadline', () => {
  it('lets work through, and leaves nothing on the outer signal', async () => {
    const outer = new AbortController()
    let inner: AbortSignal | undefined
    const answer = await withDeadline(within(10_000, outer.signal), async (signal) => {
      inner = signal
      return 7
    })
    assert.equal(answer, 7)
    assert.equal(listeners(outer.signal), 0)
    outer.abort()
    assert.equal(inner?.aborted, false, 'it does not fire after work is done')
  })

  it('names what was late, even where work does not heed its signal', async () => {
    const outer = new AbortController()
    await assert.rejects(withDeadline(within(5, outer.signal), deaf), {
      kind: 'timeout',
      message: 'The test took longer than 5 ms',
      facts: { host: '192.0.2.1', timeoutMs: 5 },
    })
    assert.equal(listeners(outer.signal), 0)
  })

  it('ends with the outer signal and for its reason', async () => {
    const outer = new AbortController()
    const running = withDeadline(within(10_000, outer.signal), deaf)
    outer.abort(new Error('enough'))
    await assert.rejects(running, { message: 'enough' })
    let begun = false
    await assert.rejects(
      withDeadline(within(10_000, outer.signal), async () => {
        begun = true
      }),
      { message: 'enough' },
    )
    assert.equal(begun, false, 'work is not begun under a signal that has fired')
    assert.equal(listeners(outer.signal), 0)
  })

  it('hands on what work throws', async () => {
    const outer = new AbortController()
    await assert.rejects(
      withDeadline(within(10_000, outer.signal), () => Promise.reject(new Error('broken'))),
      { message: 'broken' },
    )
    assert.equal(listeners(outer.signal), 0)
  })
})

describe('a linked controller', () => {
  it('fires with the first of its sources, for its reason', () => {
    const [one, two] = [new AbortController(), new AbortController()]
    using linked = new LinkedController(one.signal, two.signal)
    two.abort('two')
    one.abort('one')
    assert.equal(linked.signal.reason, 'two')
    using late = new LinkedController(one.signal)
    assert.equal(late.signal.reason, 'one')
  })

  it('lets go of its sources when it is disposed of', () => {
    const source = new AbortController()
    const linked = new LinkedController(source.signal)
    assert.equal(listeners(source.signal), 1)
    linked[Symbol.dispose]()
    assert.equal(listeners(source.signal), 0)
    source.abort()
    assert.equal(linked.signal.aborted, false)
  })
})
