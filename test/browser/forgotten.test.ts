import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { House } from '../harness/house.ts'
import { until } from '../harness/until.ts'
import { launchChromium } from './chromium.ts'

/** Nothing is wider than the window. */
const FITS = 'document.documentElement.scrollWidth <= document.documentElement.clientWidth'

function watch(page: Page): string[] {
  const faults: string[] = []
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', ({ message }) => faults.push(message))
  return faults
}

test('a camera that its box has forgotten, in the console', { timeout: 600_000 }, async (t) => {
  await using house = await House.build({ signal: t.signal, profiles: ['axis', 'hikvision', 'nvr'] })
  const box = await house.move('box')
  const cameras = await house.cameras(6)
  const gone = cameras.find(({ facts }) => facts.manufacturer === 'AXIS')
  assert.ok(gone)
  await house.owner.allow(gone.id, ['snapshot'])
  await until('its picture is there', async () => (await house.owner.items(gone.id)).items.length > 0)
  const simulated = (await house.simulator.cameras()).find(({ address }) => address === gone.facts.address)
  await house.simulator.switchOff(simulated?.id ?? '')

  await using browser = await launchChromium()
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  await page.goto(house.url)
  await page.getByLabel('User name').fill(house.login.username)
  await page.getByLabel('Password').fill(house.login.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  const faults = watch(page)
  const tile = page.getByTestId('camera-tile').filter({ hasText: 'P3289-LVE' })
  const section = page.getByTestId('forgotten')
  const name = gone.facts.name

  await t.test('is among its cameras before, and nothing says "forgotten"', async () => {
    await tile.waitFor()
    assert.equal(await section.count(), 0)
  })

  await t.test('goes from its cameras to the forgotten, without the page being loaded anew', async () => {
    const { code, err } = await box.ask('cameras', 'forget', gone.id)
    assert.equal(code, 0, err)
    await section.getByRole('link', { name }).waitFor()
    await tile.waitFor({ state: 'detached' })
    assert.equal(await page.getByTestId('camera-tile').count(), 5)
    await page.getByTestId('strip').getByText('5 of 5').waitFor()
    await section.getByText(/ forgotten (just now|[0-9]+)/).waitFor()
    assert.ok(await page.evaluate(FITS))
  })

  await t.test('has no switches on its page, but what is held of it', async () => {
    await section.getByRole('link', { name }).click()
    await page.getByRole('heading', { name: 'Forgotten' }).waitFor()
    assert.equal(await page.getByRole('switch').count(), 0)
    await page.getByText('Nothing more comes from it').waitFor()
    await page.locator('.item, [data-testid="item"], button:has(img)').first().waitFor()
    await page.goBack()
  })

  await t.test('fits a telephone, and is asked about before it is removed', async () => {
    await page.setViewportSize({ width: 390, height: 800 })
    const remove = section.getByRole('button', { name: `Remove ${name}` })
    await remove.click()
    const asked = page.getByRole('dialog')
    await asked.getByText(/1 item of media|items of media/).waitFor()
    assert.ok(await page.evaluate(FITS))
    await page.keyboard.press('Escape')
    await asked.waitFor({ state: 'detached' })
    await section.getByRole('link', { name }).waitFor()
  })

  await t.test('is gone for good once that is said, in the console and on the bridge', async () => {
    await section.getByRole('button', { name: `Remove ${name}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click()
    await section.waitFor({ state: 'detached' })
    assert.equal(await page.getByTestId('camera-tile').count(), 5)
    await until(
      'nothing is held of it',
      () => house.records(`SELECT id FROM items WHERE camera = '${gone.id}'`).length === 0,
    )
    assert.deepEqual(faults, [])
  })
})
