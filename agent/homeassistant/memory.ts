import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readFileIfThere, writeFileDurably } from '../base/files.ts'
import { Id } from '../protocol/envelope.ts'
import { SENSOR_KINDS } from './topics.ts'

const Known = z.object({ kinds: z.array(z.enum(SENSOR_KINDS)).max(SENSOR_KINDS.length), snapshot: z.boolean() })
/** What a broker keeps of a camera because of us: the kinds that it told, and whether it ever showed a snapshot. */
export type Known = z.infer<typeof Known>

const MemoryFile = z.object({ v: z.literal(1), cameras: z.record(Id, Known) })

const pathIn = (stateDir: string) => join(stateDir, 'homeassistant.json')

/** What was announced by former runs; empty where nothing was, or where the file makes no sense. */
export async function recall(stateDir: string): Promise<Map<Id, Known>> {
  const text = await readFileIfThere(pathIn(stateDir))
  try {
    const file = MemoryFile.parse(JSON.parse(text ?? ''))
    return new Map(Object.entries(file.cameras))
  } catch {
    return new Map()
  }
}

/** Nothing announced: no file. */
export async function remember(stateDir: string, cameras: ReadonlyMap<Id, Known>): Promise<void> {
  if (cameras.size === 0) await rm(pathIn(stateDir), { force: true })
  else await writeFileDurably(pathIn(stateDir), JSON.stringify({ v: 1, cameras: Object.fromEntries(cameras) }))
}
