import type { Page } from 'playwright-core'

/** What the page must never do: run what it was not given, complain, or call anywhere else. */
export function watchPage(page: Page, origin: string): string[] {
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url())) faults.push(`call: ${request.url()}`)
  })
  return faults
}

export interface Login {
  readonly url: string
  readonly username: string
  readonly password: string
}

/** As a person does it. */
export async function signIn(page: Page, { url, username, password }: Login): Promise<void> {
  await page.goto(url)
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** The cameras of the first page. */
export const tiles = (page: Page) => page.getByTestId('camera-tile')

/** What is held, on a camera's page; the newest first. */
export const heldItems = (page: Page, kind: 'snapshot' | 'clip') =>
  page.locator(`[data-testid="item"][data-kind="${kind}"]`)

/** Asked in the page: does the video really move? */
export const PLAYS = `(() => {
  const video = document.querySelector('video')
  return video !== null && video.currentTime > 0.3 && video.videoWidth > 0
})()`
