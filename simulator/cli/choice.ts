import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type CameraOptions, type FleetOptions, readProfile } from '../fleet/index.ts'
import { isProfileName, PROFILE_NAMES } from '../profiles/catalogue.ts'
import { fleetOptionsOf, type ScenarioScript } from '../scenario/index.ts'
import type { RunOptions } from './run-command.ts'

const PASSWORD_CHARACTERS_MAX = 128

export interface Password {
  readonly text: string
  /** A given one is known to who gave it, and printed nowhere. */
  readonly isMade: boolean
}

/** Throws RangeError where the file holds no password. */
export async function choosePassword({ password, passwordFile }: RunOptions): Promise<Password> {
  if (passwordFile === undefined) {
    if (password !== undefined) return { text: password, isMade: false }
    return { text: randomBytes(9).toString('base64url'), isMade: true }
  }
  const text = await readFile(passwordFile, 'utf8').catch(() => '')
  const line = text.replace(/\r?\n$/, '')
  if (line === '' || line.length > PASSWORD_CHARACTERS_MAX || line.includes('\n'))
    throw new RangeError(`${passwordFile} can't be read or holds no password: write one, in one line, into it`)
  return { text: line, isMade: false }
}

/**
 * The cameras to start: the scenario's own, where it brings any, else those of the options. What is given on the command line
 * goes before what the file says. Throws RangeError where the two contradict each other.
 */
export async function chooseFleet(
  options: RunOptions,
  isGiven: (option: keyof RunOptions) => boolean,
  script: ScenarioScript | undefined,
): Promise<FleetOptions> {
  const given = <Value>(option: keyof RunOptions, name: string, value: Value) =>
    isGiven(option) && value !== undefined ? { [name]: value } : {}
  if (!script?.fleet) {
    return {
      cameras: await chooseCameras(options),
      firstAddress: options.address,
      rtspPort: options.rtspPort,
      discoveryPort: options.discoveryPort,
      seed: options.seed,
      ...(options.port === undefined ? {} : { httpPort: options.port }),
    }
  }
  if (options.profile !== undefined || options.profileFile !== undefined || options.cameras !== undefined)
    throw new RangeError(
      `${options.scenario} brings its own cameras: leave --profile, --profile-file and --cameras out, or its "fleet"`,
    )
  const fleet = fleetOptionsOf(script.fleet, isGiven('address') ? options.address : undefined)
  const changed = given('eventInterval', 'eventIntervalMs', options.eventInterval)
  return {
    ...fleet,
    cameras: fleet.cameras.map((camera) => ({
      eventIntervalMs: options.eventInterval,
      ...camera,
      ...changed,
      ...given('video', 'video', options.video),
      faults: [...(camera.faults ?? []), ...(options.fault ?? [])],
      ...(options.withoutFaults ? { withoutFaults: true } : {}),
    })),
    ...given('seed', 'seed', options.seed),
    ...given('port', 'httpPort', options.port),
    ...given('rtspPort', 'rtspPort', options.rtspPort),
    ...given('discoveryPort', 'discoveryPort', options.discoveryPort),
  }
}

async function chooseCameras(options: RunOptions): Promise<CameraOptions[]> {
  const own = await Promise.all(
    (options.profileFile ?? []).map(async (file) => readProfile(await readText(file), file)),
  )
  const chosen = [...(options.profile ?? []).filter(isProfileName), ...own]
  const profiles = chosen.length > 0 ? chosen : PROFILE_NAMES
  return Array.from({ length: options.cameras ?? profiles.length }, (_, i) => ({
    profile: profiles[i % profiles.length] ?? 'plain',
    faults: options.fault ?? [],
    ...(options.withoutFaults ? { withoutFaults: true } : {}),
    eventIntervalMs: options.eventInterval,
    ...(options.video === undefined ? {} : { video: options.video }),
  }))
}

/** Throws RangeError where the file can't be read. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new RangeError(`${file} can't be read: name a file that exists and that you may read`, { cause })
  }
}
