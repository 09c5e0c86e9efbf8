import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A file comes into being a moment before or after its row. */
const YOUNG_MS = 60_000

/** Removes the files of unfinished transfers that no row names. */
export async function removeStrays(folder: string, known: ReadonlySet<string>, nowMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const ageMs = nowMs - ((await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? nowMs)
    if (!known.has(name.replace(/\.json$/, '')) && ageMs > YOUNG_MS) await rm(join(folder, name), { force: true })
  }
}
