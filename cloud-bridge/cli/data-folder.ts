import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LenscapError } from '../../agent/base/errors.ts'

/** Where things are in the bridge's folder. */
export interface DataFolder {
  readonly records: string
  readonly key: string
  readonly media: string
  readonly uploads: string
  readonly lock: string
}

/** Makes the folder (mode 0700) and sees that it can be written. @throws LenscapError `storage` when it can't */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const media = join(path, 'media')
  const uploads = join(path, 'uploads')
  const probe = join(path, `.probe-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await writeFile(probe, '')
    await rm(probe)
    for (const inner of [media, uploads]) await mkdir(inner, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new LenscapError(
      'storage',
      `Can't write to the folder ${path}: check its permissions, or choose another with --data`,
      { path },
      cause,
    )
  }
  return {
    records: join(path, 'bridge.db'),
    key: join(path, 'account-keys.key'),
    media,
    uploads,
    lock: join(path, 'running.lock'),
  }
}
