import { existsSync } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError, errorKind } from '../base/errors.ts'
import type { AgentConfig } from '../config/schema.ts'
import { CredentialStore, STORE_FILE } from '../credentials/store.ts'
import { utcTime } from './output.ts'

/** What one check found: all well, something to look at, or something that must be mended. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly found: string
  /** What to do about it; empty where all is well. */
  readonly advice: string
}

/** No release is older: a clock that says so has not been set. */
const RELEASED_MS = Date.parse('2025-01-01T00:00:00Z')
const SKEW_MS_MAX = 60_000
const MODE_OTHERS = 0o077

export const ok = (check: string, found: string): Finding => ({ check, state: 'ok', found, advice: '' })
export const warning = (check: string, found: string, advice: string): Finding => {
  return { check, state: 'warning', found, advice }
}
export const failed = (check: string, found: string, advice: string): Finding => {
  return { check, state: 'failed', found, advice }
}

/** One finding per password file: there, not empty by size, and for the agent's eyes alone. */
export async function checkPasswordFiles({ credentials, stateDir }: AgentConfig): Promise<Finding[]> {
  const hasStore = existsSync(join(stateDir, STORE_FILE))
  if (credentials.length === 0 && !hasStore) {
    const advice = 'Enter some with "lenscap-agent credentials add", unless every camera lets strangers in'
    return [warning('passwords', 'there are no credentials', advice)]
  }
  const files = credentials.flatMap(({ passwordFile }) => passwordFile ?? [])
  return await Promise.all(files.map(checkPasswordFile))
}

async function checkPasswordFile(path: string): Promise<Finding> {
  const check = 'password file'
  try {
    await access(path, constants.R_OK)
    const { mode, size } = await stat(path)
    if (size === 0) return failed(check, `${path} is empty`, 'Write the password into it')
    if ((mode & MODE_OTHERS) === 0) return ok(check, `${path} is readable by its owner alone`)
    return warning(check, `${path} is open to other users`, `Run: chmod 600 ${path}`)
  } catch (error) {
    return failed(check, `${path}: ${describeError(error)}`, 'Check the path and its permissions')
  }
}

/**
 * Whether the box's clock can be believed: grants and certificates have their times.
 * @param bridgeMs the bridge's clock, where it could be asked
 * @param isSet whether a time server has set it, where the system tells
 */
export function checkClock(nowMs: number, bridgeMs: number | undefined, isSet?: boolean): Finding {
  const check = 'clock'
  const time = `${utcTime(nowMs)} UTC`
  const advice = 'Set the clock, best by giving the box a time server'
  if (nowMs < RELEASED_MS) return failed(check, `it is ${time} by this box`, advice)
  const offMs = bridgeMs === undefined ? 0 : nowMs - bridgeMs
  if (Math.abs(offMs) > SKEW_MS_MAX) {
    const seconds = Math.round(Math.abs(offMs) / 1000)
    return failed(check, `it is ${seconds} s ${offMs > 0 ? 'ahead of' : 'behind'} the bridge's`, advice)
  }
  if (bridgeMs !== undefined) return ok(check, `it is ${time}, as the bridge has it`)
  if (isSet === false) return warning(check, `it is ${time}, and no time server has set it`, advice)
  return ok(check, `it is ${time}, ${isSet ? 'set by a time server' : 'which is plausible'}`)
}

const TIMESYNC = '/run/systemd/timesync'

/** Whether a time server has set the clock; undefined where the system does not tell. */
export const isClockSet = (): boolean | undefined =>
  existsSync(TIMESYNC) ? existsSync(join(TIMESYNC, 'synchronized')) : undefined

/** The box's sealed store: whether its key opens it. Makes nothing. */
export async function checkCredentialStore({ stateDir }: Pick<AgentConfig, 'stateDir'>): Promise<Finding[]> {
  const check = 'credentials'
  const store = new CredentialStore(stateDir)
  if (!existsSync(store.path)) return []
  try {
    const { sets, keys, trouble } = await store.read()
    if (trouble) return [failed(check, describeError(trouble), 'Enter them again: "lenscap-agent credentials add"')]
    const key = keys.from === 'systemd' ? "systemd's key" : 'its key'
    return [ok(check, `${sets.length} in the sealed store, which ${key} opens`)]
  } catch (error) {
    const advice = 'Run this as the user that runs the agent, or with its $CREDENTIALS_DIRECTORY'
    return [failed(check, describeError(error), advice)]
  }
}

/** Runs a check that reads the box's records; what it throws is a finding as well. */
export function attempt(check: string, work: () => Finding[]): Finding[] {
  try {
    return work()
  } catch (error) {
    const advice = errorKind(error) === 'storage' ? 'Check the disk and the permissions of the state folder' : ''
    return [failed(check, describeError(error), advice)]
  }
}
