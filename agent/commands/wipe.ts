import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder, writeFileDurably } from '../base/files.ts'

const MARK = 'wipe-begun'

/** What the box's maker or installer put there stays. The lock is held by whoever wipes. */
const KEPT = /^(hooks\.d|lock\.db.*|control\.sock|metrics\.sock|cap-on)$/

/**
 * Removes all that a box knows: its identity, grants, cameras, credentials, messages, media, and the ledger of what left.
 * A power cut in between is no way out: the mark that it had begun is on disk first, and `endWipe` goes on. The cap
 * stays: a new owner's box lets nothing out that the former one had closed.
 */
export async function wipe(stateDir: string): Promise<void> {
  await markForWipe(stateDir)
  await endWipe(stateDir)
}

/** From now on the box will be wiped, now or at its next start, whatever happens in between. */
export const markForWipe = (stateDir: string): Promise<void> => writeFileDurably(join(stateDir, MARK), '')

/** Goes on with a wipe that was cut short. Whether there was one. */
export async function endWipe(stateDir: string): Promise<boolean> {
  if (!existsSync(join(stateDir, MARK))) return false
  for (const name of await readdir(stateDir)) {
    if (!KEPT.test(name) && name !== MARK) await rm(join(stateDir, name), { recursive: true, force: true })
  }
  await syncFolder(stateDir)
  await rm(join(stateDir, MARK))
  await syncFolder(stateDir)
  return true
}
