import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import type { Browser, Page } from 'playwright-core'
import { ageIdentityText, newAgeIdentity } from '../../agent/protocol/age.ts'
import { secretOf } from '../../cloud-bridge/console/model/recovery-code.ts'
import type { ItemView } from '../../cloud-bridge/web/api.ts'
import { House } from '../harness/house.ts'
import { until } from '../harness/until.ts'
import { launchChromium } from './chromium.ts'
import { heldItems, type Login, PLAYS, signIn, tiles, watchPage } from './console-page.ts'
import { filesWith, framesIn, padded, sendClip } from './private-house.ts'
import { Recorder } from './recorder.ts'
import { contentOf, isShown, openCamera, qrText } from './vault-page.ts'

const WAIT_MS = 45_000

describe('a private account in real browsers', { timeout: 400_000 }, () => {
  let house: House
  let recorder: Recorder
  let browser: Browser
  let login: Login
  let page: Page
  let other: Page
  let faults: string[]
  let identity: string
  let groups: string[]
  let camera: string
  let clip: ItemView
  const stop = new AbortController()

  before(async () => {
    house = await House.build({ profiles: ['amcrest'], signal: stop.signal })
    await house.move('cellar')
    camera = (await house.cameras(1))[0]?.id ?? ''
    recorder = await Recorder.start(house.url)
    login = { url: recorder.url, ...house.login }
    browser = await launchChromium()
    page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
    faults = watchPage(page, login.url)
    await signIn(page, login)
    await tiles(page).first().waitFor()
    // The very first visit asks who is signed in, and is told "nobody": the browser logs that 401 by itself.
    faults.length = 0
  })

  after(async () => {
    await browser.close()
    await recorder[Symbol.asyncDispose]()
    await house[Symbol.asyncDispose]()
    stop.abort()
  })

  it('says that the bridge can look, and makes a key that its owner has to prove first', async () => {
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('link', { name: /private mode/ }).click()
    await page.getByText('you can look, and the bridge can').waitFor()
    await page.getByRole('button', { name: 'Make it private' }).click()
    const code = page.getByTestId('code-groups').locator('code')
    await code.first().waitFor()
    groups = await code.allInnerTexts()
    identity = `AGE-SECRET-KEY-1${groups.join('')}`
    assert.equal(await qrText(page), identity)
    const on = page.getByRole('button', { name: 'only I can look' })
    await page.getByLabel('The last group').fill('qqqqqq')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('That is not the last group').waitFor()
    assert.equal(await on.count(), 0)
    await page.getByLabel('The last group').fill((groups.at(-1) ?? '').toLowerCase())
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByLabel('Your password').fill('another password')
    await on.click()
    await page.getByText('This is not your password').waitFor()
    await page.getByLabel('Your password').fill(login.password)
    faults.length = 0
    await on.click()
    await page.getByText('Now: only you can look').waitFor()
    await page.getByText('This browser can look.').waitFor()
  })

  it('shows a sealed picture in this browser, and plays a clip by its frames, with its picture before', async () => {
    await page.getByRole('link', { name: 'Cameras' }).first().click()
    await tiles(page).getByRole('switch').click()
    await until('the picture is shown', () => page.evaluate<boolean>(isShown('.tile img[src^="/vault/"]')))
    await tiles(page).getByRole('link').first().click()
    const [simulated] = await house.simulator.cameras()
    await house.simulator.raise(simulated?.id ?? '', 'motion')
    await heldItems(page, 'clip').first().waitFor({ timeout: WAIT_MS })
    clip = await until('the clip is held, with its thumbnail', async () =>
      (await house.owner.items(camera)).items.find(({ kind, thumbnail }) => kind === 'clip' && thumbnail !== null),
    )
    assert.deepEqual([clip.locked, clip.thumbnail?.locked], [true, true])
    await page.getByRole('button', { name: /^show clip/i }).click()
    await until('the clip plays', () => page.evaluate<boolean>(PLAYS))
    const video = page.locator('video')
    assert.match((await video.getAttribute('src')) ?? '', new RegExp(`^/vault/${clip.id}\\?`))
    await until('the clip has the picture of its event', async () =>
      (await video.getAttribute('poster'))?.startsWith(`/vault/${clip.thumbnail?.item}`),
    )
    const frames = framesIn(await contentOf(page, `/vault/${clip.id}`))
    assert.ok(frames.length > 10, `${frames.length} frames`)
    assert.deepEqual(
      frames,
      frames.map((_, i) => (frames[0] ?? 0) + i),
      'every frame, once, in order',
    )
  })

  it('puts the two books side by side: equal, until a row is tampered with', async () => {
    await page.getByRole('link', { name: 'cellar' }).click()
    const card = page.locator('section', { hasText: 'What left, and what arrived' })
    const again = card.getByRole('button', { name: 'Compare again' })
    await card.getByRole('table').waitFor()
    await until('all is told', async () => {
      await again.click()
      const told = await card.locator('tbody tr').allInnerTexts()
      return (
        told.length === 2 &&
        told.every((row) => {
          const [, , left, arrived] = row.split('\t')
          return left !== undefined && left === arrived
        })
      )
    })
    await card.getByText('The box’s ledger and the bridge’s receipts agree.').waitFor()
    const db = new Database(join(house.bridgeFolder, 'bridge.db'), { timeout: 10_000 })
    db.exec('UPDATE ledger_rows SET bytes = bytes + 1 WHERE id = (SELECT min(id) FROM ledger_rows)')
    db.close()
    await again.click()
    await card.getByText('1 difference between').waitFor()
    await card.getByRole('listitem').getByText('Ledger rewritten').waitFor()
    await card.getByText('Row 1').waitFor()
    await page.goBack()
  })

  it('plays a clip of several megabytes piece by piece, and jumps in it', async () => {
    const plain = await contentOf(page, `/vault/${clip.id}`)
    const large = padded(plain, 3_200_000)
    assert.ok(large.length > 3_000_000)
    const [recipient = ''] = (await page.request.get(`${login.url}/api/v1/privacy`).then((r) => r.json())).recipients
    const id = await sendClip(house, clip, large, [recipient])
    await page.evaluate(`(() => {
      const video = Object.assign(document.createElement('video'), { muted: true, src: '/vault/${id}' })
      video.id = 'large'
      document.body.append(video)
    })()`)
    const ready = `document.querySelector('#large').readyState >= 2`
    await until('it is loaded', () => page.evaluate<boolean>(ready))
    await page.evaluate(`(() => {
      const video = document.querySelector('#large')
      video.addEventListener('seeked', () => { video.dataset.jumped = 'yes' })
      video.currentTime = video.duration - 0.3
    })()`)
    await until('it has jumped', () =>
      page.evaluate<boolean>(`document.querySelector('#large').dataset.jumped === 'yes' && ${ready}`),
    )
    assert.deepEqual(framesIn(await contentOf(page, `/vault/${id}`)), framesIn(plain))
    await page.evaluate(`document.querySelector('#large').remove()`)
    await page.request.delete(`${login.url}/api/v1/items/${id}`, { headers: { 'x-lenscap': '1' } })
  })

  it('says what is amiss with a clip in an encoding that the browser lacks, and shows its event', async () => {
    const plain = await contentOf(page, `/vault/${clip.id}`)
    const strange = Buffer.from(plain.toString('latin1').replace('avc1', 'hvc1').replace('avcC', 'hvcC'), 'latin1')
    const [recipient = ''] = (await page.request.get(`${login.url}/api/v1/privacy`).then((r) => r.json())).recipients
    const id = await sendClip(house, { ...clip, takenAt: clip.takenAt + 1 }, strange, [recipient])
    await page
      .locator(`[data-item="${id}"]`)
      .getByRole('button', { name: /^show clip/i })
      .click()
    await page.getByText('the camera recorded it as H.265').waitFor()
    await until('the picture of its event', () => page.evaluate<boolean>(isShown('.viewer .frame img')))
    await page.request.delete(`${login.url}/api/v1/items/${id}`, { headers: { 'x-lenscap': '1' } })
  })

  it('shows nothing in another browser, and says why', async () => {
    other = await (await browser.newContext()).newPage()
    await signIn(other, login)
    await tiles(other).getByTestId('closed').getByText('this browser doesn’t have it').waitFor()
    assert.equal(await other.locator('img').count(), 0)
    const content = await other.request.get(`${login.url}/api/v1/items/${clip.id}/content`)
    assert.equal(content.status(), 415)
    assert.equal(
      (await other.request.get(`${login.url}/vault/${clip.id}`)).headers()['content-type'],
      'text/html; charset=utf-8',
    )
    await openCamera(other, login, camera)
    await heldItems(other, 'clip').first().getByText('Locked').waitFor()
    await other
      .getByRole('button', { name: /^show clip/i })
      .first()
      .click()
    await other.getByRole('button', { name: 'Unlock' }).click()
  })

  it('says so where a browser can\u2019t decrypt, as on a page that came without https', async () => {
    const context = await browser.newContext()
    await context.addInitScript("Object.defineProperty(window, 'isSecureContext', { value: false })")
    const plain = await context.newPage()
    await signIn(plain, login)
    await tiles(plain).getByText('Open the console by its https address').waitFor()
    await context.close()
  })

  it('refuses a wrong code in a sentence, and shows all of it after the right one', async () => {
    const field = other.getByRole('textbox', { name: 'Recovery code' })
    const unlock = other.getByRole('dialog').getByRole('button', { name: 'Unlock' })
    const mistyped = groups.with(
      2,
      groups[2] === 'QQQQ' ? 'QQQP' : `${groups[2]?.slice(0, 3)}${groups[2]?.endsWith('Q') ? 'P' : 'Q'}`,
    )
    for (const [typed, says] of [
      [mistyped.join(' '), 'look at group 3 again'],
      ['ABC', 'The code has 58 letters and digits'],
      [ageIdentityText(newAgeIdentity()), 'it opens nothing here'],
    ] as const) {
      await field.fill(typed)
      await unlock.click()
      await other.getByText(says).waitFor()
    }
    await field.fill(groups.join(' ').toLowerCase())
    await unlock.click()
    await until('the clip plays', () => other.evaluate<boolean>(PLAYS))
    await until('so are the small pictures', () => other.evaluate<boolean>(isShown('.item img[src^="/vault/"]')))
  })

  it('remembers the key only where its owner said so', async () => {
    await openCamera(other, login, camera)
    await heldItems(other, 'clip').first().getByText('Locked').waitFor()
    await other.getByRole('button', { name: 'Unlock' }).first().click()
    await other.getByRole('textbox', { name: 'Recovery code' }).fill(identity)
    await other.getByLabel('Remember on this browser').check()
    await other.getByRole('dialog').getByRole('button', { name: 'Unlock' }).click()
    await until('it is open', () => other.evaluate<boolean>(isShown('.item img[src^="/vault/"]')))
    await openCamera(other, login, camera)
    await until('it is open again', () => other.evaluate<boolean>(isShown('.item img[src^="/vault/"]')))
    await other.goto(new URL('/settings/who-can-look', login.url).href)
    await other.getByRole('button', { name: 'Forget here' }).click()
    await other.getByText('This browser has no key').waitFor()
    await openCamera(other, login, camera)
    await heldItems(other, 'clip').first().getByText('Locked').waitFor()
  })

  it('leaves the bridge without the code and without a picture', async () => {
    const text = await contentOf(page.context().pages()[0] ?? page, `/api/v1/items/${clip.id}/sealed`)
    assert.deepEqual(framesIn(text), [], 'what the bridge gives out is no clip')
    const secret = Buffer.from(secretOf(identity))
    const code = groups.join('')
    const forms = [identity, code, code.toLowerCase(), groups.join(' '), groups.join('-'), groups.slice(0, 5).join('')]
    const needles = [...forms, secret, secret.toString('hex'), secret.toString('base64'), secret.toString('base64url')]
    assert.ok(recorder.sent.includes('"recipients":["age1'), 'the public key was seen')
    for (const needle of needles) {
      assert.equal(recorder.sent.includes(needle), false, 'sent to the bridge')
      assert.deepEqual(filesWith(house.folder, needle), [], 'on the disks of bridge and box')
    }
    const mark = Buffer.from('7c1d6a529e3b4f80b6d42a5f3c8e91d7', 'hex')
    writeFileSync(join(house.bridgeFolder, 'control'), Buffer.concat([Buffer.from('..'), mark]))
    assert.deepEqual(filesWith(house.bridgeFolder, mark), [join(house.bridgeFolder, 'control')])
    assert.deepEqual(filesWith(house.bridgeFolder, ' clock=20'), [], 'nor of a snapshot')
  })

  it('keeps its strict policy, with nothing inline, and nobody minded', async () => {
    const response = await page.request.get(login.url)
    const policy = response.headers()['content-security-policy'] ?? ''
    for (const rule of ["default-src 'self'", "worker-src 'self'"]) assert.ok(policy.split(';').includes(rule), policy)
    assert.doesNotMatch(policy, /unsafe|\*|data:|https?:/)
    assert.deepEqual(faults, [])
  })

  it('lets the bridge look again from then on, and what came before stays locked', async () => {
    await other.goto(new URL('/settings/who-can-look', login.url).href)
    await other.getByRole('button', { name: 'Let the bridge look again' }).click()
    await other.getByRole('dialog').getByLabel('Your password').fill(login.password)
    await other.getByRole('dialog').getByRole('button', { name: 'Let it look' }).click()
    await other.getByText('you can look, and the bridge can').waitFor()
    const [simulated] = await house.simulator.cameras()
    const fresh = await until('a picture comes that the bridge can open', async () => {
      await house.simulator.raise(simulated?.id ?? '', 'motion')
      // The box may not have heard of it at once: another event then brings another picture.
      await sleep(2000)
      return (await house.owner.items(camera)).items.find(({ locked }) => !locked)
    })
    assert.equal((await other.request.get(`${login.url}/api/v1/items/${fresh.id}/content`)).status(), 200)
    assert.equal((await other.request.get(`${login.url}/api/v1/items/${clip.id}/content`)).status(), 415)
  })
})
