import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { startControl } from '../../simulator/control/server.ts'
import { type FleetOptions, startFleet } from '../../simulator/fleet/index.ts'
import { freeNet } from '../harness/ports.ts'
import { launchChromium } from './chromium.ts'

const PORTS = { httpPort: 0, rtspPort: 0, discoveryPort: 0, password: 'unseen-word' }

/** The simulator's control page in a browser, with a fleet behind it. */
export async function openSimulatorPage(cameras: FleetOptions['cameras'], browser: Browser) {
  const fleet = await startFleet({ cameras, firstAddress: freeNet(), ...PORTS })
  const control = await startControl(fleet, 0)
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const origin = `http://127.0.0.1:${control.port}`
  const close = async () => {
    await page.close()
    await control[Symbol.asyncDispose]()
    await fleet[Symbol.asyncDispose]()
  }
  await page.goto(origin)
  await page.locator('.card').first().waitFor()
  return { fleet, page, origin, [Symbol.asyncDispose]: close }
}

const SHOWN = ['hikvision', 'amcrest', 'reolink', 'axis', 'tapo', 'nvr', 'vigi', 'plain', 'pelco'] as const

/** Takes the documents' picture of the page, `simulator.png`, into a folder. */
export async function takeSimulatorPicture(folder: string, browser?: Browser): Promise<void> {
  const own = browser ?? (await launchChromium())
  try {
    const cameras = SHOWN.map((profile) => ({ profile, eventIntervalMs: 0 }))
    await using shown = await openSimulatorPage(cameras, own)
    const { page, fleet } = shown
    await page.setViewportSize({ width: 1440, height: 960 })
    fleet.cameras[2]?.setFault('rtsp-stall')
    await fleet.cameras[7]?.switchOff()
    fleet.cameras[3]?.setFault('clock-skew', 3600)
    fleet.cameras[3]?.setFault('slots-full')
    for (const i of [1, 3, 5]) fleet.cameras[i]?.raise('motion', 1, 20_000)
    await page.getByRole('button', { name: /axis-4/ }).click()
    await page.getByRole('heading', { name: /axis-4/ }).waitFor()
    await page.getByPlaceholder('Find faults').fill('frozen')
    await page.evaluate('document.activeElement.blur()')
    await picturesLoaded(page)
    await page.screenshot({ path: join(folder, 'simulator.png') })
  } finally {
    if (!browser) await own.close()
  }
}

async function picturesLoaded(page: Page): Promise<void> {
  await page.waitForFunction(
    "[...document.querySelectorAll('.card:not(.off) img')].filter((one) => one.naturalWidth > 0).length >= 6 && document.querySelector('#picture').naturalWidth > 0 && document.querySelector('.card.off') !== null",
  )
}
