import type { Page } from 'playwright-core'
import { launchChromium } from '../../browser/chromium.ts'
import { House } from '../../harness/house.ts'
import { latencies, shownOn, signIn, watchLive } from '../../live/screen.ts'
import { Watching } from '../../live/viewer.ts'
import { type Effort, type Figure, figureOf } from '../figure.ts'
import { PlainLive } from './plain-live.ts'

/** Pictures that are measured each time, at 15 a second, once the player has found its pace. */
const PICTURES = { full: 320, quick: 60 }
const WARM_MS = 5000

interface Round {
  readonly median: number
  readonly p95: number
}

/**
 * From the moment that a picture of the simulator's camera tells of itself to its place on Chromium's screen: through camera,
 * agent, bridge and console, encrypted and booked on the way. Beside it, in turn, the same pictures from a plain WebSocket
 * into the same console.
 */
export async function live({ runs, windowMs }: Effort): Promise<Figure[]> {
  const count = windowMs < 10_000 ? PICTURES.quick : PICTURES.full
  await using house = await House.build({ signal: new AbortController().signal, profiles: ['hikvision'] })
  await house.move('box')
  const [camera] = await house.cameras(1)
  if (!camera) throw new Error('There is no camera')
  await house.owner.allow(camera.id, ['live'])
  await using plain = await PlainLive.start(house.url)
  const browser = await launchChromium()
  const [ours, theirs]: [Round[], Round[]] = [[], []]
  try {
    while (ours.length < runs) {
      ours.push(await round(await browser.newPage(), house.url, house, camera.id, count))
      theirs.push(await round(await browser.newPage(), plain.url, house, camera.id, count))
    }
  } finally {
    await browser.close()
  }
  const figure = (name: string, value: (round: Round) => number) =>
    figureOf(
      { name: `live view, frame to screen: ${name}`, unit: 'ms', peer: 'a plain WebSocket', better: 'lower' },
      ours.map(value),
      theirs.map(value),
    )
  return [figure('median', ({ median }) => median), figure('95th percentile', ({ p95 }) => p95)]
}

async function round(page: Page, url: string, house: House, camera: string, count: number): Promise<Round> {
  try {
    await signIn(page, url, house.login)
    const { url: direct, headers } = house.owner.live(camera, 'one')
    direct.host = new URL(url).host
    // Who watches beside the page tells which picture stands at which time of the video.
    using watching = new Watching({ url: direct, headers: { ...headers, origin: url } })
    await watching.pictured(1)
    await watchLive(page, url, camera)
    await page.waitForTimeout(WARM_MS)
    const found = latencies(await shownOn(page, count), watching)
    if (found.length < count * 0.9) throw new Error(`Of ${count} pictures only ${found.length} were recognised`)
    const at = (share: number) => found[Math.floor(found.length * share)] ?? Number.NaN
    return { median: at(0.5), p95: at(0.95) }
  } finally {
    await page.close()
  }
}
