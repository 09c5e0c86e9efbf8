import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { CONTROL_ADDRESS, startControl, summarize } from '../control/server.ts'
import {
  type CameraOptions,
  type Fleet,
  type Happened,
  planScenario,
  readProfile,
  readScenario,
  runScenario,
  startFleet,
} from '../fleet/index.ts'
import { isProfileName, PROFILE_NAMES } from '../profiles/catalogue.ts'
import type { Terminal } from './terminal.ts'

export interface RunOptions {
  readonly profile: readonly string[]
  readonly profileFile: readonly string[]
  readonly cameras?: number
  readonly address: string
  readonly port?: number
  readonly rtspPort: number
  readonly discoveryPort: number
  readonly user: string
  readonly password?: string
  readonly passwordFile?: string
  readonly fault: readonly string[]
  readonly withoutFaults?: boolean
  readonly video?: string
  readonly eventInterval: number
  readonly controlPort?: number
  readonly scenario?: string
  readonly seed: string
  readonly json?: boolean
}

/** Runs a fleet until SIGINT or SIGTERM. */
export async function run(options: RunOptions, terminal: Terminal): Promise<void> {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    const password = await choosePassword(options)
    await using fleet = await startFleet({
      cameras: await chooseCameras(options),
      firstAddress: options.address,
      rtspPort: options.rtspPort,
      discoveryPort: options.discoveryPort,
      user: options.user,
      password,
      seed: options.seed,
      ...(options.port === undefined ? {} : { httpPort: options.port }),
    })
    const happenings = await planned(options.scenario, fleet)
    await using control = options.controlPort === undefined ? undefined : await startControl(fleet, options.controlPort)
    terminal.write(
      options.json
        ? asJson(fleet, control?.port, options.user, password)
        : asText(fleet, control?.port, options.user, password),
    )
    using _running = runScenario(happenings, (happened) => terminal.write(told(happened, options.json)))
    if (!stop.signal.aborted)
      await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
    if (!options.json) terminal.write('Stopping ...\n')
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** Throws RangeError, with the file's line, where the scenario can't be played by this fleet. */
async function planned(file: string | undefined, fleet: Fleet) {
  return file === undefined ? [] : planScenario(readScenario(await readText(file), file), fleet)
}

function told({ atMs, camera, what, trouble }: Happened, asJsonLine = false): string {
  if (asJsonLine)
    return `${JSON.stringify({ event: 'happened', atMs, camera, what, ...(trouble ? { trouble } : {}) })}\n`
  return `${(atMs / 1000).toFixed(1).padStart(7)} s  ${camera.padEnd(16)}${what}${trouble ? `: ${trouble}` : ''}\n`
}

const PASSWORD_CHARACTERS_MAX = 128

/** Throws RangeError where the file holds no password. */
async function choosePassword({ password, passwordFile }: RunOptions): Promise<string> {
  if (password !== undefined) return password
  if (passwordFile === undefined) return randomBytes(9).toString('base64url')
  const text = await readFile(passwordFile, 'utf8').catch(() => '')
  const line = text.replace(/\r?\n$/, '')
  if (line === '' || line.length > PASSWORD_CHARACTERS_MAX || line.includes('\n'))
    throw new RangeError(`${passwordFile} can't be read or holds no password: write one, in one line, into it`)
  return line
}

async function chooseCameras(options: RunOptions): Promise<CameraOptions[]> {
  const own = await Promise.all(options.profileFile.map(async (file) => readProfile(await readText(file), file)))
  const chosen = [...options.profile.filter(isProfileName), ...own]
  const profiles = chosen.length > 0 ? chosen : PROFILE_NAMES
  return Array.from({ length: options.cameras ?? profiles.length }, (_, i) => ({
    profile: profiles[i % profiles.length] ?? 'plain',
    faults: options.fault,
    ...(options.withoutFaults ? { withoutFaults: true } : {}),
    eventIntervalMs: options.eventInterval,
    ...(options.video === undefined ? {} : { video: options.video }),
  }))
}

/** Throws RangeError where the file can't be read. */
async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new RangeError(`${file} can't be read: name a file that exists and that you may read`, { cause })
  }
}

function asJson(fleet: Fleet, controlPort: number | undefined, user: string, password: string): string {
  const control = controlPort === undefined ? null : `http://${CONTROL_ADDRESS}:${controlPort}`
  return `${JSON.stringify({ event: 'ready', user, password, control, multicast: fleet.multicast, cameras: fleet.cameras.map(summarize) })}\n`
}

const LINES_MAX = 50

function asText(fleet: Fleet, controlPort: number | undefined, user: string, password: string): string {
  const shown = fleet.cameras.slice(0, LINES_MAX)
  const lines = shown.map((camera) => {
    const where = `${camera.address}:${camera.httpPort}`.padEnd(22)
    return `  ${camera.id.padEnd(16)}${where}rtsp ${String(camera.rtspPort).padEnd(7)}${camera.truth.manufacturer} ${camera.truth.model}`
  })
  const hidden = fleet.cameras.length - shown.length
  if (hidden > 0) lines.push(`  and ${hidden} more`)
  const multicast = {
    joined: 'Discovery answers multicast and unicast probes.',
    unavailable: 'This host lets nobody join the discovery group: only unicast probes are answered.',
    off: 'Discovery answers unicast probes only.',
  }[fleet.multicast]
  const control = controlPort === undefined ? '' : `Control API: http://${CONTROL_ADDRESS}:${controlPort}/cameras\n`
  const count = fleet.cameras.length === 1 ? '1 camera runs' : `${fleet.cameras.length} cameras run`
  return `${count}, user ${user}, password ${password}\n${lines.join('\n')}\n${multicast}\n${control}Ctrl-C stops.\n`
}
