import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { readFileIfThere, writeFileDurably } from '../base/files.ts'
import { OtherBroker } from '../config/broker.ts'
import { Id } from '../protocol/envelope.ts'
import { SENSOR_KINDS } from './topics.ts'

const Known = z.object({ kinds: z.array(z.enum(SENSOR_KINDS)).max(SENSOR_KINDS.length), snapshot: z.boolean() })
/** What a broker keeps of a camera because of us: the kinds that it told, and whether it ever showed a snapshot. */
export type Known = z.infer<typeof Known>

const Place = z.object({ broker: OtherBroker, discoveryPrefix: z.string() })
/** Where cameras were announced, as the configuration says it: it names files of passwords, never a password. */
export type Place = z.infer<typeof Place>

const MemoryFile = z.object({ v: z.literal(1), cameras: z.record(Id, Known), place: Place.optional() })
type MemoryFile = z.infer<typeof MemoryFile>

const MEMORY_FILE = 'homeassistant.json'
const FORMER = /^homeassistant-former-[0-9a-f]{16}\.json$/
/** Of more brokers than that nobody cleans up. */
const FORMER_MAX = 4

/** What was announced by former runs; empty where nothing was, or where the file makes no sense. */
export async function recall(stateDir: string, name = MEMORY_FILE): Promise<ReadonlyMap<Id, Known>> {
  return new Map(Object.entries((await read(stateDir, name))?.cameras ?? {}))
}

/** Nothing announced: no file. */
export async function remember(
  stateDir: string,
  cameras: ReadonlyMap<Id, Known>,
  place?: Place,
  name = MEMORY_FILE,
): Promise<void> {
  const path = join(stateDir, name)
  if (cameras.size === 0) return await rm(path, { force: true })
  const file: MemoryFile = { v: 1, cameras: Object.fromEntries(cameras), ...(place && { place }) }
  await writeFileDurably(path, JSON.stringify(file))
}

/**
 * Cameras are announced at this place from now on; nowhere, where there is none. What another one holds is noted in a file
 * of its own, to be taken back there.
 * @param unnamed where an older release announced them, which did not note it
 */
export async function moveTo(stateDir: string, place: Place | undefined, unnamed: Place | undefined): Promise<void> {
  const file = await read(stateDir, MEMORY_FILE)
  const cameras = new Map(Object.entries(file?.cameras ?? {}))
  const former = file?.place ?? unnamed
  if (former && (place === undefined || keyOf(former) !== keyOf(place))) {
    await remember(stateDir, cameras, former, `homeassistant-former-${keyOf(former)}.json`)
  }
  if (place === undefined) return await remember(stateDir, new Map())
  // Who comes back is no former place any more.
  await rm(join(stateDir, `homeassistant-former-${keyOf(place)}.json`), { force: true })
  await remember(stateDir, cameras, place)
}

/** Other places that still hold something of us, the file of each by its name. */
export async function formerPlaces(stateDir: string): Promise<{ readonly name: string; readonly place: Place }[]> {
  const names = (await readdir(stateDir).catch(() => [])).filter((name) => FORMER.test(name))
  const files = names.slice(0, FORMER_MAX).map(async (name) => ({ name, place: (await read(stateDir, name))?.place }))
  return (await Promise.all(files)).flatMap(({ name, place }) => (place ? [{ name, place }] : []))
}

/** The same broker by another password is the same place. */
const keyOf = ({ broker, discoveryPrefix }: Place) =>
  createHash('sha256')
    .update(JSON.stringify([broker.url, discoveryPrefix]))
    .digest('hex')
    .slice(0, 16)

async function read(stateDir: string, name: string): Promise<MemoryFile | undefined> {
  const text = await readFileIfThere(join(stateDir, name))
  try {
    return MemoryFile.parse(JSON.parse(text ?? ''))
  } catch {
    return undefined
  }
}
