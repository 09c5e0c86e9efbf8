import { access, constants, readdir, readFile, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError } from '../base/errors.ts'
import { type Finding, failed, ok, warning } from './checks.ts'

const ROOM_BYTES_MIN = 64 * 1_048_576
const FILES_MIN = 1000
const MODE_OTHERS = 0o077

/** Whether the state folder takes what the agent writes, and lets nobody else look. Makes nothing. */
export async function checkStateDir(stateDir: string): Promise<Finding[]> {
  const check = 'state folder'
  try {
    await access(stateDir, constants.R_OK | constants.W_OK | constants.X_OK)
    const { mode } = await stat(stateDir)
    const isPrivate = (mode & MODE_OTHERS) === 0
    const finding = isPrivate
      ? ok(check, `${stateDir} is writable, and closed to others`)
      : warning(check, `${stateDir} is open to other users`, `Run: chmod 700 ${stateDir}`)
    return [finding, await checkRoom(stateDir)]
  } catch (error) {
    return [failed(check, `${stateDir}: ${describeError(error)}`, adviceFor(error))]
  }
}

function adviceFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'EROFS') return "Its disk is read-only: look into the system's log for why, and replace a worn-out one"
  if (code === 'EACCES') return 'Run this as the user that runs the agent, or give the folder to that user'
  return 'Start the agent once, which makes it; or set stateDir in the configuration'
}

async function checkRoom(stateDir: string): Promise<Finding> {
  const check = 'disk'
  const { bavail, bsize, ffree, files } = await statfs(stateDir)
  const roomMiB = Math.floor((bavail * bsize) / 1_048_576)
  const advice = 'Make room, or set stateDir to a larger disk'
  if (bavail * bsize < ROOM_BYTES_MIN) return warning(check, `${roomMiB} MiB are left in ${stateDir}`, advice)
  if (files > 0 && ffree < FILES_MIN) return warning(check, `no more than ${ffree} files fit into ${stateDir}`, advice)
  return ok(check, `${roomMiB} MiB are free in ${stateDir}`)
}

/** JEDEC eMMC 5.0, EXT_CSD 268 and 269: tenths of the life used, 1 to 10; 11: more than it was made for. */
const LIFE_LOOK = 8
const LIFE_OVER = 10

/** How worn the box's flash is, where it tells; nothing of disks that don't. @param folder Linux' list of disks */
export async function checkWear(folder = '/sys/block'): Promise<Finding[]> {
  const check = 'flash'
  const disks = await readdir(folder).catch(() => [])
  const findings = disks.map(async (disk) => {
    const text = await readFile(join(folder, disk, 'device', 'life_time'), 'utf8').catch(() => '')
    const used = Math.max(0, ...text.trim().split(/\s+/).map(Number).filter(Number.isFinite))
    if (used === 0) return []
    const found = used > LIFE_OVER ? `${disk} is past its life` : `${disk} has used up to ${used * 10} % of its life`
    const advice = 'Replace it before it turns read-only'
    if (used > LIFE_OVER) return [failed(check, found, advice)]
    return [used > LIFE_LOOK ? warning(check, found, advice) : ok(check, found)]
  })
  return (await Promise.all(findings)).flat()
}
