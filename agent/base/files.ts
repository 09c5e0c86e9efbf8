import { chown, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { LenscapError } from './errors.ts'
import { newId } from './ids.ts'

/**
 * Writes a whole file so that after a power cut it is there old or new, never half: a new temporary file, fsync, rename, fsync
 * of the folder. It belongs to whom the folder belongs, so that what root writes the agent can read.
 */
export async function writeFileDurably(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const temporary = join(folder, `.${basename(path)}.${newId()}.tmp`)
  try {
    // `wx`: never into a file that somebody else laid there, with a mode of theirs.
    const file = await open(temporary, 'wx', mode)
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

/** The text of a configuration file. @throws LenscapError `invalid` where it can't be read */
export async function readConfiguration(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const advice = 'check the path and its permissions'
    throw new LenscapError('invalid', `Can't read the configuration ${path}: ${advice}`, {}, cause)
  }
}

/** Makes a creation, rename or removal in this folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The file's text, or undefined where there is none. Other failures throw. */
export async function readFileIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
