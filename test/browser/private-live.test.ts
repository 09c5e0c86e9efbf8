import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { ageIdentityText, ageRecipientOf, newAgeIdentity } from '../../agent/protocol/age.ts'
import { House } from '../harness/house.ts'
import { until } from '../harness/until.ts'
import { barcodeOn, signIn } from '../live/screen.ts'
import { Watching } from '../live/viewer.ts'
import { launchChromium } from './chromium.ts'
import { watchPage } from './console-page.ts'

/** What each picture of the simulator carries in the clear. */
const MARK = Buffer.from('7c1d6a529e3b4f80b6d42a5f3c8e91d7', 'hex')
const IDENTITY = newAgeIdentity()

/** Asked in the page: of how many live views a second's worth of pictures was shown. */
const MOVING = `[...document.querySelectorAll('[data-live="live"] video')]
  .filter((video) => video.getVideoPlaybackQuality().totalVideoFrames >= 15).length`

/** Asked in the page: does any video have a picture? */
const SEES = `[...document.querySelectorAll('video')].some(({ videoWidth, readyState }) => videoWidth > 0 || readyState > 0)`

describe('live view that only its owner can see, in real browsers', { timeout: 300_000 }, () => {
  let house: House
  let browser: Browser
  let page: Page
  let cameras: readonly { readonly id: string }[]
  let faults: string[]
  const stop = new AbortController()

  /** A browser of its own, signed in. */
  async function newBrowser(script = ''): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 } })
    await context.addInitScript(script)
    const opened = await context.newPage()
    await signIn(opened, house.url, house.login)
    return opened
  }

  const ask = async (on: Page): Promise<void> => {
    await on.goto(new URL(`/camera/${cameras[0]?.id}`, house.url).href)
    await on.getByRole('button', { name: 'Watch live' }).click()
  }

  before(async () => {
    house = await House.build({ profiles: ['hikvision', 'reolink'], signal: stop.signal })
    await house.move('box')
    cameras = await house.cameras(2)
    browser = await launchChromium()
    page = await newBrowser()
    faults = watchPage(page, house.url)
    const made = await page.request.put(new URL('/api/v1/privacy', house.url).href, {
      headers: { 'x-lenscap': '1' },
      data: { recipients: [ageRecipientOf(IDENTITY)], password: house.login.password },
    })
    assert.equal(made.status(), 200)
    for (const { id } of cameras) await house.owner.allow(id, ['live'])
  })

  after(async () => {
    await browser.close()
    await house[Symbol.asyncDispose]()
    stop.abort()
  })

  it('is locked in a browser without the key, which offers to unlock it', async () => {
    await ask(page)
    const closed = page.getByTestId('live').getByTestId('closed')
    await closed.getByText('this browser doesn’t have it').waitFor()
    assert.equal(await page.locator('[data-live="live"]').count(), 0)
    assert.equal(await page.evaluate<boolean>(SEES), false)
  })

  it('plays once its owner has entered the code: pictures move, by the number that each carries', async () => {
    await page.getByTestId('live').getByRole('button', { name: 'Unlock' }).click()
    await page.getByRole('textbox', { name: 'Recovery code' }).fill(ageIdentityText(IDENTITY))
    await page.getByRole('dialog').getByRole('button', { name: 'Unlock' }).click()
    await page.locator('[data-live="live"]').waitFor()
    const numbers = new Set<number>()
    await until('they move', async () => {
      const number = await barcodeOn(page)
      if (number !== undefined) numbers.add(number)
      return numbers.size >= 10
    })
    assert.ok([...numbers].every((number) => number >= 0 && number < 150))
  })

  it('is encrypted all the way to the browser', async () => {
    using watching = new Watching(house.owner.live(cameras[0]?.id ?? '', 'one'))
    await watching.pictured(10)
    assert.equal(watching.news.at(-1)?.sealed, true)
    assert.deepEqual(
      watching.seen.slice(0, 3).map(({ type }) => type),
      ['head', 'init', 'key'],
    )
    assert.ok(watching.raw.every((message) => !message.includes(MARK)))
  })

  it('plays in the grid as well', async () => {
    await page.getByRole('link', { name: 'Cameras' }).first().click()
    await page.getByRole('button', { name: 'Live', exact: true }).click()
    await until('both are live', async () => (await page.locator('[data-live="live"]').count()) === 2)
    await until('both move', async () => (await page.evaluate<number>(MOVING)) === 2)
  })

  it('stays locked in another browser meanwhile, large and in the grid', async () => {
    const other = await newBrowser()
    await other.getByRole('button', { name: 'Live', exact: true }).click()
    const offers = other.getByTestId('live').getByRole('button', { name: 'Unlock' })
    await until('both are locked', async () => (await offers.count()) === 2)
    await ask(other)
    await offers.waitFor()
    assert.equal(await other.locator('[data-live="live"]').count(), 0)
    assert.equal(await other.evaluate<boolean>(SEES), false)
    await other.context().close()
  })

  it('says so where a browser can’t decrypt, as on a page that came without https', async () => {
    const plain = await newBrowser("Object.defineProperty(window, 'isSecureContext', { value: false })")
    await ask(plain)
    await plain.getByTestId('live').getByText('Open the console by its https address').waitFor()
    assert.equal(await plain.getByRole('button', { name: 'Unlock' }).count(), 0)
    await plain.context().close()
  })

  it('still plays for its owner, and nobody minded', async () => {
    // The other asked for a larger picture of one, which all get: that one begins anew here.
    await until('both move', async () => (await page.evaluate<number>(MOVING)) === 2)
    assert.deepEqual(faults, [])
  })
})
