import type { Page } from 'playwright-core'
import { timeOf } from '../../cloud-bridge/console/live/fragment.ts'
import { until } from '../harness/until.ts'
import type { Watching } from './viewer.ts'

/** A picture that was shown: which one, by the video's time in seconds, and when (UTC ms). */
export interface Shown {
  readonly time: number
  readonly at: number
}

const START = `(() => {
  const video = document.querySelector('[data-testid="live"] video')
  window.shown = []
  const each = (_, { mediaTime, expectedDisplayTime }) => {
    window.shown.push({ time: mediaTime, at: performance.timeOrigin + expectedDisplayTime })
    video.requestVideoFrameCallback(each)
  }
  video.requestVideoFrameCallback(each)
})()`

/** The eight bits that the simulator's scenes carry on a plate at the lower left, as they are on the screen now. */
const BARCODE = `(() => {
  const video = document.querySelector('[data-testid="live"] video')
  if (video === null || video.videoWidth === 0) return undefined
  const canvas = document.createElement('canvas')
  canvas.width = 1280
  canvas.height = 720
  const context = canvas.getContext('2d')
  context.drawImage(video, 0, 0, 1280, 720)
  const isWhite = (bit) => context.getImageData(164 + bit * 16 + 8, 682, 1, 1).data[0] > 128
  return Array.from({ length: 8 }, (_, bit) => (isWhite(bit) ? 1 << (7 - bit) : 0)).reduce((sum, bit) => sum + bit, 0)
})()`

export async function signIn(page: Page, url: string, login: { username: string; password: string }): Promise<void> {
  await page.goto(url)
  await page.getByLabel('User name').fill(login.username)
  await page.getByLabel('Password').fill(login.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByTestId('camera-tile').first().waitFor()
}

/** Opens a camera's page and watches it live; resolves once pictures come. */
export async function watchLive(page: Page, url: string, camera: string): Promise<void> {
  await page.goto(new URL(`/camera/${camera}`, url).href)
  await page.getByRole('button', { name: 'Watch live' }).click()
  await page.locator('[data-live="live"]').waitFor()
}

/** The number that the shown picture carries, from 0 to 149; undefined before there is one. */
export const barcodeOn = (page: Page): Promise<number | undefined> => page.evaluate(BARCODE)

/** The next pictures that the page shows. */
export async function shownOn(page: Page, count: number): Promise<Shown[]> {
  await page.evaluate(START)
  const deadlineMs = 20_000 + count * 1000
  await until(
    `${count} pictures are shown`,
    async () => (await page.evaluate<number>('shown.length')) >= count,
    deadlineMs,
  )
  return await page.evaluate<Shown[]>('shown')
}

/** From the moment that a picture tells of itself to the one at which it was on the screen, in ms, in order of size. */
export function latencies(shown: readonly Shown[], { pictures }: Watching): number[] {
  const clocks = new Map(pictures.map(({ bytes, mark }) => [keyOf(timeOf(bytes) ?? 0), mark?.clockMs]))
  const all = shown.flatMap(({ time, at }) => {
    const clockMs = clocks.get(keyOf(time))
    return clockMs === undefined ? [] : [at - clockMs]
  })
  return all.toSorted((a, b) => a - b)
}

/** Browsers keep a video's time in microseconds, MP4 in ticks. */
const keyOf = (seconds: number): number => Math.round(seconds * 1000)
