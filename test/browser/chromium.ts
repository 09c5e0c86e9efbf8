import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** The machine's own Chromium; nothing is downloaded, and nothing calls home. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const candidates = [process.env['CHROMIUM'] ?? '', ...folders.flatMap((dir) => NAMES.map((name) => join(dir, name)))]
  const found = candidates.find((path) => path !== '' && isExecutable(path))
  if (found) return found
  throw new Error('No Chromium was found: install it (Debian: apt-get install chromium) or name one in CHROMIUM')
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
