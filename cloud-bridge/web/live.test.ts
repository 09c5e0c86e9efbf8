import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { silentLogger } from '../../agent/base/logger.ts'
import { Live } from './live.ts'
import type { Views } from './views.ts'

const ACCOUNT = 'accountaaaaaaaaa'

interface Page {
  readonly response: ServerResponse
  readonly text: Promise<string>
  readonly leave: () => void
}

/** A page's request as the bridge holds it, and what the page got in the end. */
async function openPage(t: TestContext): Promise<Page> {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>()
  const server = createServer((_, response) => resolve(response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  t.after(() => server.closeAllConnections())
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  const stop = new AbortController()
  const text = fetch(`http://127.0.0.1:${address.port}`, { signal: stop.signal }).then((answer) => answer.text())
  text.catch(() => {})
  return { response: await promise, text, leave: () => stop.abort() }
}

function house(t: TestContext, views: Partial<Views> = {}) {
  const none = { eventsById: async () => [], activityById: async () => [], cameras: async () => [] }
  const live = new Live({ ...none, ...views } as Views, silentLogger)
  t.after(() => live[Symbol.dispose]())
  const add = ({ response }: Page) => live.add(ACCOUNT, { response, session: 's', stillSignedIn: async () => true })
  return { live, add }
}

describe('an open page', () => {
  it('that left while we asked who it is takes no place', async (t) => {
    const { live, add } = house(t)
    for (let n = 0; n < 70; n += 1) {
      const page = await openPage(t)
      const closed = new Promise((resolve) => page.response.once('close', resolve))
      page.leave()
      await closed
      add(page)
    }
    assert.equal(live.hasRoom(ACCOUNT), true)
  })

  it('is told one look at the records after the other, however slow they are', async (t) => {
    let [looking, most] = [0, 0]
    const { promise: thrice, resolve } = Promise.withResolvers<void>()
    let looks = 0
    const { live, add } = house(t, {
      cameras: async () => {
        looking += 1
        most = Math.max(most, looking)
        // Longer than changes are gathered for.
        await new Promise((done) => setTimeout(done, 250))
        looking -= 1
        looks += 1
        if (looks === 3) resolve()
        return []
      },
    })
    add(await openPage(t))
    const timer = setInterval(() => live.changed([{ account: ACCOUNT, kind: 'camera', agent: 'a', camera: 'c' }]), 20)
    await thrice
    clearInterval(timer)
    assert.equal(most, 1)
  })

  it('ends, to come back and read everything, when more changes than can be told', async (t) => {
    const { live, add } = house(t)
    const page = await openPage(t)
    add(page)
    live.changed(
      Array.from({ length: 6000 }, (_, n) => ({ account: ACCOUNT, kind: 'camera', agent: 'a', camera: `c${n}` })),
    )
    assert.match(await page.text, /^: here/)
  })

  it('keeps its place through a storm of events, of which it gets the newest', async (t) => {
    const { promise: asked, resolve } = Promise.withResolvers<readonly number[]>()
    const { live, add } = house(t, {
      eventsById: async (_, ids) => {
        resolve(ids)
        return []
      },
    })
    const page = await openPage(t)
    add(page)
    live.changed(Array.from({ length: 20_000 }, (_, id) => ({ account: ACCOUNT, kind: 'event', id })))
    const ids = await asked
    assert.equal(ids.at(-1), 19_999)
    assert.ok(ids.length <= 250)
    assert.equal(page.response.writableEnded, false)
  })
})
