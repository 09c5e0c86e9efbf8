import type { Page } from 'playwright-core'
import { decodeQR } from 'qr/decode.js'
import type { Login } from './console-page.ts'

/** Asked in the page: is the picture there, in full? */
export const isShown = (selector: string) =>
  `(() => { const image = document.querySelector('${selector}'); return image !== null && image.naturalWidth > 0 })()`

/** Asked in the page: an item's bytes as its player gets them, in base64. */
const bytesAt = (path: string) => `(async () => {
  let all = ''
  for (let at = 0, total = 1; at < total; ) {
    const response = await fetch('${path}', { headers: { range: 'bytes=' + at + '-' } })
    if (response.status !== 206) throw new Error('status ' + response.status)
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (bytes.length > 1048576) throw new Error('more than a megabyte at a time')
    for (let i = 0; i < bytes.length; i += 8192) all += String.fromCharCode(...bytes.subarray(i, i + 8192))
    at += bytes.length
    total = Number(response.headers.get('content-range').split('/')[1])
  }
  return btoa(all)
})()`

export const contentOf = async (page: Page, path: string): Promise<Buffer> =>
  Buffer.from(await page.evaluate<string>(bytesAt(path)), 'base64')

/** The same page anew, as after closing and opening the tab: what was not kept is gone. */
export async function openCamera(page: Page, { url }: Login, camera: string): Promise<void> {
  await page.goto(new URL(`/camera/${camera}`, url).href)
  await page.getByRole('heading', { name: /^Held/ }).waitFor()
}

/** The QR code's squares, as a camera would see them. */
export async function qrText(page: Page): Promise<string> {
  const svg = page.getByTestId('qr')
  const size = Number((await svg.getAttribute('viewBox'))?.split(' ')[2])
  const dark = [...((await svg.locator('path').getAttribute('d')) ?? '').matchAll(/M(\d+) (\d+)h/g)]
  const [scale, side] = [4, size * 4]
  const data = new Uint8Array(side * side * 4).fill(255)
  for (const [, x, y] of dark) {
    for (let i = 0; i < scale * scale; i += 1) {
      const at = ((Number(y) + 3) * scale + Math.floor(i / scale)) * side + (Number(x) + 3) * scale + (i % scale)
      data.fill(0, at * 4, at * 4 + 3)
    }
  }
  return decodeQR({ width: side, height: side, data })
}
