import { existsSync } from 'node:fs'
import { access, constants, stat, statfs } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import got from 'got'
import type { Clock } from '../base/clock.ts'
import { withDeadline } from '../base/deadline.ts'
import { describeError, errorKind } from '../base/errors.ts'
import type { AgentConfig } from '../config/schema.ts'
import { STORE_FILE } from '../credentials/store.ts'

/** What one check found: all well, something to look at, or something that must be mended. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly found: string
  /** What to do about it; empty where all is well. */
  readonly advice: string
}

const TIMEOUT_MS = 5_000
const ROOM_BYTES_MIN = 64 * 1_048_576

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

/** Whether the state folder takes what the agent writes. Makes nothing. */
export async function checkStateDir(stateDir: string): Promise<Finding> {
  const check = 'state folder'
  try {
    await access(stateDir, constants.R_OK | constants.W_OK | constants.X_OK)
    const { bavail, bsize } = await statfs(stateDir)
    const roomMiB = Math.floor((bavail * bsize) / 1_048_576)
    if (bavail * bsize >= ROOM_BYTES_MIN) return ok(check, `${stateDir} is writable, ${roomMiB} MiB are free`)
    return warning(check, `${stateDir} has ${roomMiB} MiB left`, 'Make room, or set stateDir to a larger disk')
  } catch (error) {
    const advice = 'Make it, give it to the user that runs the agent, or set stateDir in the configuration'
    return failed(check, `${stateDir}: ${describeError(error)}`, advice)
  }
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

interface BridgeAnswer {
  readonly findings: readonly Finding[]
  /** The bridge's clock by its `Date` header, UTC ms. */
  readonly dateMs: number | undefined
}

/** Whether the bridge answers over HTTP, where there is one. */
export async function checkBridge(bridge: string | undefined, signal: AbortSignal): Promise<BridgeAnswer> {
  const check = 'bridge'
  if (bridge === undefined) return { findings: [], dateMs: undefined }
  const url = new URL('/healthz', bridge).href
  try {
    const options = { retry: { limit: 0 }, followRedirect: false, throwHttpErrors: false } as const
    const { statusCode, headers } = await got(url, { ...options, timeout: { request: TIMEOUT_MS }, signal })
    const dateMs = Date.parse(headers.date ?? '')
    const advice = 'Check that the address is that of a Lenscap bridge, and look at its log'
    const finding =
      statusCode === 200 ? ok(check, `${bridge} answers`) : failed(check, `${url} answers ${statusCode}`, advice)
    return { findings: [finding], dateMs: Number.isNaN(dateMs) ? undefined : dateMs }
  } catch (error) {
    const advice = "Check the address, the box's network and name server, and that the bridge is running"
    return { findings: [failed(check, `${bridge}: ${describeError(error)}`, advice)], dateMs: undefined }
  }
}

/** Whether something takes a connection where the broker should be; nothing is sent. */
export async function checkBroker(mqttUrl: string, clock: Clock, signal: AbortSignal): Promise<Finding> {
  const check = 'broker'
  const { protocol, hostname, port, host } = new URL(mqttUrl)
  const usual: Readonly<Record<string, number>> = { 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 }
  const where = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (usual[protocol] ?? 1883) }
  const socket = connect(where)
  try {
    await withDeadline({ clock, timeoutMs: TIMEOUT_MS, signal, what: 'Connecting' }, async () => {
      await new Promise<void>((resolve, reject) => socket.on('connect', resolve).on('error', reject))
    })
    return ok(check, `${host} takes connections`)
  } catch (error) {
    const advice = `Let the box reach TCP port ${where.port} of ${where.host}, and check that the bridge is running`
    return failed(check, `${host}: ${describeError(error)}`, advice)
  } finally {
    socket.destroy()
  }
}

/** Whether the box's clock can be believed: grants and certificates have their times. */
export function checkClock(nowMs: number, bridgeMs: number | undefined): Finding {
  const check = 'clock'
  const time = new Date(nowMs).toISOString()
  const advice = 'Set the clock, best by giving the box a time server'
  if (nowMs < RELEASED_MS) return failed(check, `it is ${time} by this box`, advice)
  const offMs = bridgeMs === undefined ? 0 : nowMs - bridgeMs
  if (Math.abs(offMs) <= SKEW_MS_MAX) {
    return ok(
      check,
      bridgeMs === undefined ? `it is ${time}, which is plausible` : `it is ${time}, as the bridge has it`,
    )
  }
  const seconds = Math.round(Math.abs(offMs) / 1000)
  return failed(check, `it is ${seconds} s ${offMs > 0 ? 'ahead of' : 'behind'} the bridge's`, advice)
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
