import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { House } from '../harness/house.ts'
import { until } from '../harness/until.ts'
import { barcodeOn, latencies, shownOn, signIn, watchLive } from '../live/screen.ts'
import { Watching } from '../live/viewer.ts'
import { launchChromium } from './chromium.ts'

/** Pictures in a scene of the simulator. */
const SCENE = 150

describe('live view in a real browser', { timeout: 300_000 }, () => {
  it('shows what the camera sees, from the switch to the end', async (t) => {
    await using house = await House.build({ signal: t.signal, profiles: ['hikvision', 'reolink'] })
    await house.move('box')
    const cameras = await house.cameras(2)
    const [camera] = cameras
    assert.ok(camera)
    const browser = await launchChromium()
    t.after(() => browser.close())
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
    const faults: string[] = []
    page.on('pageerror', ({ message }) => faults.push(message))
    await signIn(page, house.url, house.login)
    page.on('console', (said) => said.type() === 'error' && faults.push(said.text()))

    await page.goto(new URL(`/camera/${camera.id}`, house.url).href)
    const button = page.getByRole('button', { name: 'Watch live' })
    await button.waitFor()
    assert.equal(await button.isDisabled(), true, 'without its switch it can not be watched')
    await page.getByRole('switch', { name: /^Live view from/ }).click()
    await until('the switch is on', async () => await button.isEnabled())
    await watchLive(page, house.url, camera.id)

    const numbers = new Set<number>()
    await until('pictures move, by the number that each carries', async () => {
      const number = await barcodeOn(page)
      if (number !== undefined) numbers.add(number)
      return numbers.size >= 10
    })
    assert.ok([...numbers].every((number) => number >= 0 && number < SCENE))

    using watching = new Watching(house.owner.live(camera.id, 'one'))
    await watching.pictured(1)
    const found = latencies(await shownOn(page, 30), watching)
    assert.ok(found.length > 15, 'the pictures on the screen are those of the camera')
    t.diagnostic(`frame to screen: ${Math.round(found[found.length >> 1] ?? 0)} ms in the middle`)

    await page.getByRole('button', { name: 'Stop watching' }).click()
    await button.waitFor()
    await watchLive(page, house.url, camera.id)
    await house.owner.allow(camera.id, [])
    await until('switched off, it is gone', async () => (await page.getByTestId('live').count()) === 0)
    assert.equal(await page.getByRole('button', { name: 'Watch live' }).isDisabled(), true)

    await t.test('in the grid as well, where its owner wants it', async () => {
      for (const { id } of cameras) await house.owner.allow(id, ['live'])
      await page.goto(house.url)
      await page.getByRole('button', { name: 'Live', exact: true }).click()
      const shown = page.locator('[data-live="live"]')
      await until('both move', async () => (await shown.count()) === 2)
      await page.getByRole('button', { name: 'Stop live' }).click()
      await until('they stop', async () => (await page.getByTestId('live').count()) === 0)
    })
    assert.deepEqual(faults, [])
  })
})
