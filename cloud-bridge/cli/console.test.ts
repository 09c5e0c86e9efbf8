import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { silentLogger } from '../../agent/base/logger.ts'
import { SessionView, StreamMessage } from '../web/api.ts'
import { ANNA, addNeighbour, Browser, claimBox, EVENT, newFolder, PASSWORD, setUp, start, until } from './bed.test.ts'
import { startBridge } from './start-bridge.ts'

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

  it('leaves no session behind when the same browser signs in again', async (t) => {
    const bridge = await start(t)
    const browser = await setUp(bridge)
    const { cookie } = browser
    await browser.api('POST', '/session', { username: 'anna', password: PASSWORD })
    assert.notEqual(browser.cookie, cookie)
    assert.equal((await browser.api('GET', '/session')).status, 200)
    browser.cookie = cookie
    assert.equal((await browser.api('GET', '/session')).status, 401)
  })

  it('is told which field of a request is wrong', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const answer = await owner.api('POST', '/session', { username: 'anna', password: 7 })
    assert.equal(answer.status, 400)
    assert.match(await answer.text(), /"password: /)
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
    const stranger = await addNeighbour(bridge, data)
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
    const { messages, ended } = await listen(owner)
    const box = await claimBox(bridge, owner)
    const line = await box.connect(t)
    await line.publish('status', box.status(true))
    await line.tellCamera()
    await line.publish('camera-event', box.numbered({ event: EVENT }), box.camera)
    await line.publish('activity', box.numbered({ kind: 'cap-on', message: 'Cap on' }))
    await until('all is told', () => {
      const types = new Set(messages.map((message) => message.type))
      return ['agent', 'camera', 'event', 'activity', 'totals'].every((type) =>
        types.has(type as StreamMessage['type']),
      )
    })
    await owner.api('DELETE', '/session')
    await ended
  })

  it('tells with an item that comes or goes what its camera and the account hold now', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const line = await box.connect(t)
    await line.tellCamera()
    await owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds: ['snapshot'] })
    const { messages } = await listen(owner)
    const held = (items: number) =>
      until(`${items} held is told`, () => {
        const camera = messages.findLast((message) => message.type === 'camera')
        const totals = messages.findLast((message) => message.type === 'totals')
        return camera?.camera.held.items === items && totals?.totals.mediaItems === items
      })
    const picture = box.picture()
    await box.upload(picture)
    await held(1)
    assert.ok(messages.some((message) => message.type === 'item'))
    await owner.api('DELETE', `/items/${picture.metadata.item}`)
    await held(0)
    assert.ok(messages.some((message) => message.type === 'item-deleted'))
  })

  it('tells of every camera that "all off" turned off', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const boxes = [await claimBox(bridge, owner), await claimBox(bridge, owner)]
    for (const box of boxes) {
      await (await box.connect(t)).tellCamera()
      await owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds: ['snapshot'] })
    }
    const { messages } = await listen(owner)
    await owner.api('DELETE', '/consent')
    for (const box of boxes) {
      const last = await until('it is told', () =>
        messages.findLast((message) => message.type === 'camera' && message.camera.id === box.camera),
      )
      assert.ok(last.type === 'camera')
      assert.deepEqual([last.camera.consent.kinds, last.camera.consent.changedBy], [[], 'Anna'])
    }
  })
})

/** An open page: what it hears, and when it ended. */
async function listen(owner: Browser): Promise<{ messages: StreamMessage[]; ended: Promise<void> }> {
  const response = await owner.api('GET', '/stream')
  const messages: StreamMessage[] = []
  const ended = (async () => {
    let text = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('data: ')) messages.push(StreamMessage.parse(JSON.parse(line.slice(6))))
      }
    }
  })().catch(() => {})
  return { messages, ended }
}

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
    mkdirSync(join(folder, 'assets'))
    writeFileSync(join(folder, 'assets', 'main-abc123.js'), 'export {}')
    writeFileSync(join(folder, '.secret'), 'x')
    const bridge = await startBridge({ data, httpPort: 0, mqttPort: 0, console: folder }, { logger: silentLogger })
    t.after(() => bridge[Symbol.asyncDispose]())
    for (const path of ['/', '/cameras/abc', '/setup']) {
      const page = await fetch(bridge.httpUrl + path)
      assert.deepEqual([page.status, await page.text()], [200, '<p>page</p>'], path)
    }
    assert.match((await fetch(`${bridge.httpUrl}/app.js`)).headers.get('content-type') ?? '', /javascript/)
    for (const [path, caching] of [
      ['/', 'no-cache'],
      ['/activity', 'no-cache'],
      ['/signin?next=/a.b', 'no-cache'],
      ['/index.html', 'no-cache'],
      ['/app.js', 'no-cache'],
      ['/assets/main-abc123.js', 'public, max-age=31536000, immutable'],
    ]) {
      const file = await fetch(bridge.httpUrl + path)
      assert.deepEqual([file.status, file.headers.get('cache-control')], [200, caching], path)
    }
    for (const path of ['/app2.js', '/api/v1/unknown', '/..%2fbridge.db', '/assets/old-1.js', '/.secret']) {
      assert.equal((await fetch(bridge.httpUrl + path)).status, 404, path)
    }
  })
})
