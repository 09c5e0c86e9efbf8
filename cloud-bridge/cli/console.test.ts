import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../../agent/base/clock.ts'
import { silentLogger } from '../../agent/base/logger.ts'
import { Accounts } from '../accounts/accounts.ts'
import { KeyBox } from '../accounts/key-box.ts'
import { openStore } from '../store/open-store.ts'
import { SessionView, StreamMessage } from '../web/api.ts'
import { ANNA, Browser, claimBox, EVENT, newFolder, PASSWORD, setUp, start, until } from './bed.test.ts'
import { startBridge } from './start-bridge.ts'

const BOB = { name: 'Bob', email: 'bob@example.org', username: 'bob', password: PASSWORD }

/** A second account, made directly through the rooms. */
async function addAccount(data: string): Promise<void> {
  const db = await openStore(join(data, 'bridge.db'))
  const keyBox = await KeyBox.open(join(data, 'account-keys.key'))
  await new Accounts({ db, keyBox, clock: systemClock }).create(BOB)
  await db.destroy()
}

describe('the first account', () => {
  it('is made once, by the link of the first start', async (t) => {
    const bridge = await start(t)
    const browser = new Browser(bridge.httpUrl)
    assert.equal((await browser.api('POST', '/setup', { ...ANNA, token: 'guessed' })).status, 403)
    await setUp(bridge)
    assert.equal((await browser.api('POST', '/setup', { ...ANNA, token: bridge.setupToken })).status, 403)
  })

  it('signs in and out', async (t) => {
    const bridge = await start(t)
    await setUp(bridge)
    const browser = new Browser(bridge.httpUrl)
    assert.equal((await browser.api('GET', '/session')).status, 401)
    const response = await browser.api('POST', '/session', { username: 'Anna', password: PASSWORD })
    assert.match(response.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Strict/)
    assert.equal(SessionView.parse(await response.json()).username, 'anna')
    assert.equal((await browser.api('GET', '/session')).status, 200)
    const { cookie } = browser
    assert.equal((await browser.api('DELETE', '/session')).status, 204)
    browser.cookie = cookie
    assert.equal((await browser.api('GET', '/overview')).status, 401, 'the old cookie is void')
  })

  it('cannot be guessed at: after ten failures even the right password has to wait', async (t) => {
    const bridge = await start(t)
    await setUp(bridge)
    const browser = new Browser(bridge.httpUrl)
    for (let n = 0; n < 10; n += 1) {
      assert.equal((await browser.api('POST', '/session', { username: 'anna', password: 'wrong' })).status, 401)
    }
    assert.equal((await browser.api('POST', '/session', { username: 'anna', password: PASSWORD })).status, 429)
  })
})

describe('a stranger', () => {
  it("gets the same 404 for another's things as for none, on every route", async (t) => {
    const data = newFolder()
    const bridge = await start(t, data)
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const line = await box.connect(t)
    await line.tellCamera()
    await line.publish('camera-event', box.numbered({ event: EVENT }), box.camera)
    await owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds: ['snapshot'] })
    const picture = box.picture()
    await box.upload(picture)
    await addAccount(data)
    const stranger = new Browser(bridge.httpUrl)
    await stranger.api('POST', '/session', { username: 'bob', password: PASSWORD })
    const routes = (camera: string, item: string, agent: string) =>
      [
        ['GET', `/cameras/${camera}/items`],
        ['GET', `/cameras/${camera}/events`],
        ['PUT', `/cameras/${camera}/consent`, { kinds: ['snapshot'] }],
        ['GET', `/items/${item}/content`],
        ['DELETE', `/items/${item}`],
        ['POST', `/agents/${agent}/refresh`, {}],
      ] as const
    const nobody = 'a'.repeat(16)
    for (const ids of [
      [box.camera, picture.metadata.item, box.agent] as const,
      [nobody, nobody, nobody] as const,
      ['..%2f', '0', '%00'] as const,
    ]) {
      for (const [method, path, json] of routes(...ids)) {
        const response = await stranger.api(method, path, json)
        const answer = [response.status, await response.json()]
        assert.deepEqual(
          answer,
          [404, { error: 'not-found', message: 'There is no such thing here' }],
          `${method} ${path}`,
        )
      }
    }
    const seen = await stranger.overview()
    const nothing = { messages: 0, mediaItems: 0, mediaBytes: 0 }
    assert.deepEqual(seen, { agents: [], cameras: [], events: [], activity: [], totals: nothing })
    await stranger.api('DELETE', '/consent')
    const { cameras } = await owner.overview()
    assert.deepEqual([cameras[0]?.consent.kinds, cameras[0]?.held.items], [['snapshot'], 1])
    for (const [method, path, json] of routes(box.camera, picture.metadata.item, box.agent)) {
      assert.equal((await new Browser(bridge.httpUrl).api(method, path, json)).status, 401, `${method} ${path}`)
    }
  })

  it('cannot make a browser change anything without the header', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const headers = { cookie: owner.cookie, 'content-type': 'application/json' }
    const response = await fetch(`${bridge.httpUrl}/api/v1/consent`, {
      method: 'DELETE',
      headers: { cookie: owner.cookie },
    })
    assert.equal(response.status, 403)
    const claim = { method: 'POST', headers, body: JSON.stringify({ userCode: 'x' }) }
    assert.equal((await fetch(`${bridge.httpUrl}/api/v1/claims`, claim)).status, 403)
  })
})

describe('the stream', () => {
  it('tells open pages what changes, as it happens', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const response = await owner.api('GET', '/stream')
    const messages: StreamMessage[] = []
    const reading = (async () => {
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        for (const text of chunk.split('\n')) {
          if (text.startsWith('data: ')) messages.push(StreamMessage.parse(JSON.parse(text.slice(6))))
        }
      }
    })()
    const box = await claimBox(bridge, owner)
    const line = await box.connect(t)
    await line.publish('status', box.status(true))
    await line.tellCamera()
    await line.publish('camera-event', box.numbered({ event: EVENT }), box.camera)
    await owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds: ['snapshot'] })
    const picture = box.picture()
    await box.upload(picture)
    await owner.api('DELETE', `/items/${picture.metadata.item}`)
    await line.publish('activity', box.numbered({ kind: 'cap-on', message: 'Cap on' }))
    await until('all is told', () => {
      const types = new Set(messages.map((message) => message.type))
      return ['agent', 'camera', 'event', 'item-deleted', 'activity', 'totals'].every((type) =>
        types.has(type as StreamMessage['type']),
      )
    })
    await owner.api('DELETE', '/session')
    await reading
  })
})

describe('the console', () => {
  it('says how to build it where it is missing', async (t) => {
    const bridge = await start(t)
    const page = await fetch(bridge.httpUrl)
    assert.match(await page.text(), /make build/)
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'/)
    assert.equal((await fetch(`${bridge.httpUrl}/healthz`)).status, 200)
  })

  it('is one document for all its pages, beside its files', async (t) => {
    const data = newFolder()
    const folder = join(data, 'console')
    mkdirSync(folder)
    writeFileSync(join(folder, 'index.html'), '<p>page</p>')
    writeFileSync(join(folder, 'app.js'), 'export {}')
    const bridge = await startBridge({ data, httpPort: 0, mqttPort: 0, console: folder }, { logger: silentLogger })
    t.after(() => bridge[Symbol.asyncDispose]())
    for (const path of ['/', '/cameras/abc', '/setup']) {
      const page = await fetch(bridge.httpUrl + path)
      assert.deepEqual([page.status, await page.text()], [200, '<p>page</p>'], path)
    }
    assert.match((await fetch(`${bridge.httpUrl}/app.js`)).headers.get('content-type') ?? '', /javascript/)
    for (const path of ['/app2.js', '/api/v1/unknown', '/..%2fbridge.db']) {
      assert.equal((await fetch(bridge.httpUrl + path)).status, 404, path)
    }
  })
})
