import pino from 'pino'
import { loadOptions } from '../config/load.ts'
import { type Bridge, startBridge } from './start-bridge.ts'

// What is committed is safe at any instant; this only bounds how long a stop may take.
const STOP_MS_MAX = 10_000

interface RunFlags {
  readonly config?: string
  readonly json?: boolean
  readonly [setting: string]: unknown
}

/** `lenscap-bridge run`: until SIGINT or SIGTERM. @throws LenscapError with one clear sentence */
export async function run({ config, json = false, ...flags }: RunFlags): Promise<void> {
  const options = await loadOptions(flags, config)
  const stopped = stopSignal()
  const logger = pino({ level: options.logLevel, base: null }, pino.destination({ dest: 2, sync: true }))
  const bridge = await startBridge(options, { logger })
  process.stdout.write(json ? `${JSON.stringify(ready(bridge))}\n` : words(bridge))
  await stopped
  const deadline = setTimeout(() => {
    logger.error({ stopMsMax: STOP_MS_MAX }, 'did not stop in time')
    process.exit(1)
  }, STOP_MS_MAX)
  await bridge[Symbol.asyncDispose]()
  clearTimeout(deadline)
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}

const setupUrl = ({ httpUrl, setupToken }: Bridge): string | undefined =>
  setupToken === undefined ? undefined : new URL(`/setup#${setupToken}`, httpUrl).href

function ready(bridge: Bridge): object {
  const { httpUrl, mqttUrl, setupToken } = bridge
  return { event: 'ready', httpUrl, mqttUrl, setupToken: setupToken ?? null, setupUrl: setupUrl(bridge) ?? null }
}

function words(bridge: Bridge): string {
  const link = setupUrl(bridge)
  const first =
    link === undefined
      ? ''
      : `  Make the account:  ${link}\n                     (works once; a new link is printed at each start until there is an account)\n`
  return `Lenscap bridge runs.\n  Console:           ${bridge.httpUrl}\n  MQTT:              ${bridge.mqttUrl}\n${first}`
}
