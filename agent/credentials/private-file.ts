import { chown, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from '../base/files.ts'
import { newId } from '../base/ids.ts'

/**
 * Writes a file that only its owner may read, whole or not at all: a new temporary file, fsync, rename, fsync of the folder.
 * It belongs to whom the folder belongs, so that what root writes the agent can read.
 */
export async function writePrivately(path: string, data: string): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${newId()}.tmp`)
  try {
    // `wx`: never into a file that somebody else laid there, with a mode of theirs.
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(data)
      await file.sync()
    } finally {
      await file.close()
    }
    await giveToOwner(temporary, folder)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  await syncFolder(folder)
}

/** Root alone can give files away, and alone needs to. */
async function giveToOwner(path: string, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(folder)
  if (uid !== 0 || gid !== 0) await chown(path, uid, gid)
}
