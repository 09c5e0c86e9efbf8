import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { until } from '../harness/until.ts'
import { launchChromium } from './chromium.ts'
import { openSimulatorPage, takeSimulatorPicture } from './simulator-page.ts'

/** What the page must never do: complain, break its own policy, or call anywhere else. */
function watchPage(page: Page, origin: string) {
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) faults.push(`call: ${request.url()}`)
  })
  return faults
}

const quiet = (profile: 'axis' | 'nvr' | 'plain') => ({ profile, eventIntervalMs: 0 })

describe('the simulator’s page in a real browser', { timeout: 300_000 }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchChromium()
  })
  after(async () => {
    await browser.close()
  })

  it('shows each camera’s picture; raises events, switches faults and power; and tells it all in the journal', async () => {
    await using shown = await openSimulatorPage([quiet('axis'), quiet('nvr')], browser)
    const { page, fleet, origin } = shown
    const faults = watchPage(page, origin)
    const nvr = fleet.cameras[1]
    assert.ok(nvr)
    await page.waitForFunction("[...document.querySelectorAll('.card img')].every((one) => one.naturalWidth > 0)")
    await page.getByRole('button', { name: /nvr-2/ }).click()
    const one = page.getByRole('region', { name: /nvr-2/ })
    await one.getByLabel('on channel').selectOption('3')
    await one.getByRole('button', { name: 'Raise motion' }).click()
    await one.getByRole('cell', { name: 'motion begins on channel 3' }).waitFor()
    assert.equal(nvr.journal.events()[0]?.channel, 3)

    await one.getByPlaceholder('Find faults').fill('clock-skew')
    await one.getByLabel('seconds of clock-skew').fill('90')
    await one.getByRole('switch', { name: 'clock-skew' }).click()
    await one.getByRole('cell', { name: 'fault clock-skew=90' }).waitFor()
    assert.deepEqual(nvr.faults, [{ name: 'clock-skew', value: 90 }])
    await one.getByRole('switch', { name: 'clock-skew', checked: true }).click()
    await one.getByRole('cell', { name: 'clear clock-skew' }).waitFor()

    await one.getByRole('button', { name: 'Switch off' }).click()
    await one.getByText('The camera is off').waitFor()
    assert.equal(nvr.isOn, false)
    await one.getByRole('button', { name: 'Switch on' }).click()
    await one.getByRole('button', { name: 'Switch off' }).waitFor()
    const moved = nvr.address.replace(/\d+$/, '77')
    await one.getByLabel('New address').fill(moved)
    await one.getByRole('button', { name: 'Move' }).click()
    await one.getByRole('cell', { name: `move to ${moved}` }).waitFor()
    assert.equal(nvr.address, moved)
    await one.getByLabel('New address').fill('10.0.0.1')
    await one.getByRole('button', { name: 'Move' }).click()
    await page.getByText('write a loopback address').waitFor()
    // The browser itself logs an answer of 400; nothing else may stand there.
    assert.deepEqual(
      faults.filter((fault) => !/status of 400/.test(fault)),
      [],
    )
    assert.equal(nvr.journal.mediaConnections() + nvr.journal.counts().requests, 0)
  })

  it('plays a scenario and records', async () => {
    await using shown = await openSimulatorPage([quiet('axis')], browser)
    const { page } = shown
    await page.getByRole('button', { name: 'Record' }).click()
    await page.getByRole('button', { name: 'Stop recording' }).waitFor()
    const buffer = Buffer.from(
      'steps:\n  - { at: 0s, camera: axis-1, fault: busy-503 }\n  - { at: 1h, camera: axis-1, swap: true }\n',
    )
    await page.setInputFiles('#scenario-file', { name: 'rain.yaml', mimeType: 'text/yaml', buffer })
    await page.getByText('rain.yaml 1 of 2; at 3600.0 s axis-1: swap').waitFor()
    await page.getByRole('button', { name: 'Stop the scenario' }).click()
    await page.getByText('stopped, 1 of 2').waitFor()
    await page.getByRole('button', { name: 'Stop recording' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download the recording' }).click()
    assert.equal((await download).suggestedFilename(), 'recording.yaml')
  })

  it('is used by keyboard alone', async () => {
    await using shown = await openSimulatorPage([quiet('axis'), quiet('plain')], browser)
    const { page, fleet } = shown
    const press = async (key: string, times = 1) => {
      for (let i = 0; i < times; i++) await page.keyboard.press(key)
    }
    await page.getByPlaceholder('Find by name').focus()
    await page.keyboard.type('PTZ-1')
    await until('one card is left', async () => (await page.locator('.card').count()) === 1)
    await press('Tab')
    await press('Enter')
    await page.getByRole('heading', { name: /plain-2/ }).waitFor()
    // The heading has the focus: then Close, then the first kind of event.
    await until('the panel has the focus', () => page.evaluate<boolean>("document.activeElement.id === 'one-title'"))
    await press('Tab', 2)
    await press('Space')
    await until('the event was raised', () => (fleet.cameras[1]?.journal.events().length ?? 0) > 0)
    await press('Escape')
    await until('the card has the focus again', () =>
      page.evaluate<boolean>("document.activeElement.className === 'card' && document.querySelector('#one').hidden"),
    )
  })

  it('shows a page of a large fleet at a time, with pictures of those in sight alone', async () => {
    await using shown = await openSimulatorPage(
      Array.from({ length: 130 }, () => quiet('plain')),
      browser,
    )
    const { page, origin } = shown
    assert.equal(await page.locator('.card').count(), 60)
    const loaded = () =>
      page.evaluate<number>("[...document.querySelectorAll('.card img')].filter((one) => one.src).length")
    await until('pictures come', async () => (await loaded()) > 4)
    assert.ok((await loaded()) < 45, 'those far below are not asked for')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('61–120 of 130').waitFor()
    await page.getByPlaceholder('Find by name').fill('plain-129')
    await page.getByRole('button', { name: /plain-129/ }).waitFor()
    for (const width of [390, 820]) {
      await page.setViewportSize({ width, height: 844 })
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
      await page.goto(`${origin}/#plain-129`)
      await page.getByRole('heading', { name: /plain-129/ }).waitFor()
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
      await page.keyboard.press('Escape')
    }
  })

  it('is in the documents as a picture', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'lenscap-picture-'))
    t.after(() => rmSync(folder, { recursive: true }))
    await takeSimulatorPicture(folder, browser)
    assert.ok(statSync(join(folder, 'simulator.png')).size > 100_000)
  })
})
