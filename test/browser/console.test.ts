import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { until } from '../harness/until.ts'
import { launchChromium } from './chromium.ts'
import { PLAYS, signIn, tiles, watchPage } from './console-page.ts'
import { type DemoPlace, demoPlace, RunningDemo } from './running-demo.ts'

const CAMERAS = 9

/** The simulator's camera by its model, and the tile that shows it. */
async function cameraAndTile(demo: RunningDemo, page: Page, model: RegExp) {
  const camera = (await demo.simulator.cameras()).find((each) => model.test(each.model))
  assert.ok(camera)
  return { camera, tile: tiles(page).filter({ hasText: camera.model }) }
}

describe('the console in a real browser, with make demo behind it', { timeout: 400_000 }, () => {
  let place: DemoPlace
  let demo: RunningDemo
  let browser: Browser
  let page: Page
  let faults: string[]
  const said = (t: TestContext, what: string, sinceMs: number) =>
    t.diagnostic(`${what}: ${((performance.now() - sinceMs) / 1000).toFixed(1)} s`)

  before(async () => {
    place = await demoPlace()
    demo = new RunningDemo(place)
    const login = await demo.login()
    browser = await launchChromium()
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    faults = watchPage(page, login.url)
    // The very first visit asks who is signed in, and is told "nobody": the browser logs that 401 by itself.
    await signIn(page, login)
    faults.length = 0
  })

  after(async () => {
    await browser.close()
    await demo.stop()
    rmSync(place.stateDir, { recursive: true, force: true })
  })

  it('shows every camera with who it is and how it is, and no picture', async (t) => {
    await until('all tiles', async () => (await tiles(page).count()) === CAMERAS, 30_000)
    await until(
      'all are up',
      async () => (await page.getByTestId('camera-tile').getByText(/^Up/i).count()) >= CAMERAS,
      30_000,
    )
    said(t, 'From the start to all cameras up in the page', demo.startedMs)
    assert.equal(await tiles(page).locator('img').count(), 0)
    const text = await page.locator('body').innerText()
    for (const maker of ['Amcrest', 'HIKVISION', 'Reolink', 'AXIS', 'tp-link'])
      assert.match(text, new RegExp(maker, 'i'))
  })

  it("shows a camera's own facts, string for string", async () => {
    const { camera, tile } = await cameraAndTile(demo, page, /^RLC/)
    await tile.getByRole('link').first().click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    const text = await page.locator('main').innerText()
    for (const fact of [camera.serial, camera.firmware, camera.address, camera.macs[0]?.toLowerCase() ?? '-']) {
      assert.ok(text.includes(fact), `${fact} is not on the page`)
    }
    await page.goBack()
    await tiles(page).first().waitFor()
  })

  it('shows events as they happen, and no media connection is opened meanwhile', async () => {
    const { camera, tile } = await cameraAndTile(demo, page, /^IP8M/)
    await demo.simulator.raise(camera.id, 'motion')
    await tile.getByTestId('ongoing').waitFor({ timeout: 45_000 })
    assert.equal(await demo.simulator.mediaConnections(), 0)
  })

  it('brings a picture when the switch goes on, and a clip with the next motion', async (t) => {
    const { camera, tile } = await cameraAndTile(demo, page, /^IP8M/)
    let sinceMs = performance.now()
    await tile.getByRole('switch').click()
    await tile.locator('img').waitFor({ timeout: 45_000 })
    said(t, 'From the switch to the snapshot in the page', sinceMs)
    await tile.getByRole('link').first().click()
    sinceMs = performance.now()
    await demo.simulator.raise(camera.id, 'motion')
    const clip = page.locator('[data-testid="item"][data-kind="clip"]').first()
    await clip.waitFor({ timeout: 45_000 })
    said(t, 'From the motion to the clip in the page', sinceMs)
    await clip.getByRole('button', { name: /^show clip/i }).click()
    const video = page.locator('video')
    await video.waitFor()
    await until('the clip plays', () => page.evaluate<boolean>(PLAYS))
    await page.getByRole('link', { name: 'Cameras' }).first().click()
    await tiles(page).first().waitFor()
  })

  it('stops everything at once when the switch goes off', async () => {
    const { camera, tile } = await cameraAndTile(demo, page, /^IP8M/)
    await tile.getByRole('switch').click()
    await until(
      'the switch is off',
      async () => (await tile.getByRole('switch').getAttribute('aria-checked')) === 'false',
    )
    const before = await until('media connections have settled', async () => {
      const first = await demo.simulator.mediaConnections()
      await new Promise((resolve) => setTimeout(resolve, 500))
      return first === (await demo.simulator.mediaConnections()) ? first : undefined
    })
    await tile.getByTestId('ongoing').waitFor({ state: 'detached' })
    await demo.simulator.raise(camera.id, 'motion')
    await tile.getByTestId('ongoing').waitFor()
    // Longer than a clip of this motion would have taken.
    await new Promise((resolve) => setTimeout(resolve, 4000))
    assert.equal(await demo.simulator.mediaConnections(), before)
  })

  it('did nothing that its own security policy, or a listener on the wire, would mind', () => {
    assert.deepEqual(faults, [])
  })

  it('stops cleanly, and a second start finds its state again', async () => {
    const { username, password } = await demo.login()
    assert.equal(await demo.stop(), 0)
    assert.match(demo.output, /Everything has stopped\./)
    demo = new RunningDemo(place)
    const login = await demo.login()
    assert.deepEqual({ username: login.username, password: login.password }, { username, password })
    // The session outlived the restart, too.
    await page.goto(login.url)
    await until('all tiles', async () => (await tiles(page).count()) === CAMERAS)
    const { tile } = await cameraAndTile(demo, page, /^IP8M/)
    await tile.getByRole('link').first().click()
    await page.locator('[data-testid="item"][data-kind="clip"]').first().waitFor()
    await page.locator('[data-testid="item"][data-kind="snapshot"]').first().waitFor()
  })
})

describe('a demo whose port is taken', { timeout: 180_000 }, () => {
  it('says so in a sentence, and ends', async () => {
    const place = await demoPlace()
    const { createServer } = await import('node:net')
    const squatter = createServer().listen(place.httpPort, '127.0.0.1')
    const demo = new RunningDemo(place)
    try {
      assert.equal(await demo.ended, 1)
      assert.match(demo.output, new RegExp(String(place.httpPort)))
      assert.doesNotMatch(demo.output, /^\s+at /m)
    } finally {
      await demo.stop()
      squatter.close()
      rmSync(place.stateDir, { recursive: true, force: true })
    }
  })
})
