import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { until } from '../harness/until.ts'
import { launchChromium } from './chromium.ts'
import { demoPlace, RunningDemo } from './running-demo.ts'
import { takeSimulatorPicture } from './simulator-page.ts'

const images = join(import.meta.dirname, '../../docs/images')

/** Takes the documents' pictures: of the console, with the real demo behind it, and of the simulator's page. */
async function takePictures(): Promise<void> {
  mkdirSync(images, { recursive: true })
  const place = await demoPlace()
  const demo = new RunningDemo(place)
  const browser = await launchChromium()
  try {
    const login = await demo.login()
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
    await page.goto(login.url)
    await page.getByLabel('User name').fill(login.username)
    await page.getByLabel('Password').fill(login.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await until('all cameras are up', async () => (await tile(page).getByText(/^Up/).count()) === 9, 30_000)
    await turnOn(page, 'Front door')
    await demo.simulator.raise('amcrest-1', 'person')
    await page.waitForTimeout(8000)
    await page.mouse.move(0, 0)
    await page.evaluate('document.activeElement.blur(); window.scrollTo(0, 0)')
    await page.screenshot({ path: join(images, 'console.png') })
    await tile(page).filter({ hasText: 'Front door' }).getByRole('link').first().click()
    await page
      .getByRole('button', { name: /^show clip/i })
      .first()
      .click()
    await page.waitForTimeout(2500)
    await page.screenshot({ path: join(images, 'camera.png') })
    await takeLedgerPicture(page, login.url)
    await takeSimulatorPicture(images, browser)
  } finally {
    await browser.close()
    await demo.stop()
    rmSync(place.stateDir, { recursive: true, force: true })
  }
}

/** What left a box, once the bridge has been told of it. */
async function takeLedgerPicture(page: Page, url: string): Promise<void> {
  const { agents } = await (await page.request.get(new URL('/api/v1/overview', url).href)).json()
  await page.goto(new URL(`/box/${agents[0].id}`, url).href)
  const card = page.locator('section', { hasText: 'What left, and what arrived' })
  await card.getByText('receipts agree').waitFor()
  await card.screenshot({ path: join(images, 'ledger.png') })
}

const tile = (page: Page) => page.getByTestId('camera-tile')

async function turnOn(page: Page, name: string): Promise<void> {
  await page.getByRole('switch', { name: `Snapshots and clips from ${name}` }).click()
  await tile(page).filter({ hasText: name }).locator('img').waitFor()
}

await takePictures()
