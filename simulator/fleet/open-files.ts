import { readFile } from 'node:fs/promises'
import { FleetStartError } from './listening.ts'

/** HTTP, RTSP, discovery, and a port of pull points' own, which some brands have. */
const FILES_PER_CAMERA_MAX = 4
/** For the program itself, the control API, and a few clients. */
const FILES_BESIDE = 100

/**
 * Throws FleetStartError where this process may not open enough files for that many cameras.
 * Node has raised its soft limit to the hard one by then, so only the hard one counts. Where there is no /proc, nobody knows.
 */
export async function checkOpenFiles(cameras: number): Promise<void> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  const needed = cameras * FILES_PER_CAMERA_MAX + FILES_BESIDE
  if (needed <= limit) return
  const most = Math.max(1, Math.floor((limit - FILES_BESIDE) / FILES_PER_CAMERA_MAX))
  throw new FleetStartError(
    `${cameras} cameras need up to ${needed} open files and this process may have ${limit}: ` +
      `as root, raise the limit with "ulimit -n ${needed}" (a service: LimitNOFILE=${needed}), or start at most ${most}`,
  )
}
