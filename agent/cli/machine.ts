import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { readFileIfThere, writeFileDurably } from '../base/files.ts'
import { markForWipe } from '../commands/wipe.ts'

/** By what a box knows itself again: of each thing a digest, nothing where the box does not tell. */
const MachineFacts = z.object({
  v: z.literal(1),
  /** Of the board, the memory card and the network cards: what no image can bring along. */
  hardware: z.array(z.string().max(64)).max(32),
  /** The system's own number, which a careless image may have baked in. */
  machineId: z.string().max(64).optional(),
})
export type MachineFacts = z.infer<typeof MachineFacts>

const pathIn = (stateDir: string) => join(stateDir, 'machine.json')
const HARDWARE_MAX = 32

/** What this machine is. `root` is for tests. Never throws. */
export async function readMachine(root = '/'): Promise<MachineFacts> {
  const read = async (path: string) => {
    const text = await readFile(join(root, path), 'utf8').catch(() => '')
    const value = text.replaceAll('\u0000', '').trim()
    return /^(|0+|uninitialized|none|default string|to be filled by o\.e\.m\.)$/i.test(value) ? undefined : value
  }
  const named = async (kind: string, path: string) => {
    const value = await read(path)
    return value === undefined ? [] : [digest(kind, value)]
  }
  const machineId = await read('etc/machine-id')
  const hardware = await Promise.all([
    named('board', 'sys/firmware/devicetree/base/serial-number'),
    named('board', 'sys/class/dmi/id/product_uuid'),
    named('card', 'sys/block/mmcblk0/device/cid'),
    networkCards(root, read),
  ])
  const found = hardware.flat().slice(0, HARDWARE_MAX)
  return { v: 1, hardware: found, ...(machineId && { machineId: digest('machine', machineId) }) }
}

/** Those with a device behind them: what software makes up changes at its whim. */
async function networkCards(root: string, read: (path: string) => Promise<string | undefined>): Promise<string[]> {
  const folder = 'sys/class/net'
  const names = await readdir(join(root, folder)).catch(() => [])
  const cards = names.map(async (name) => {
    const isDevice = (await readdir(join(root, folder, name, 'device')).catch(() => [])).length > 0
    const address = isDevice ? await read(join(folder, name, 'address')) : undefined
    return address === undefined || address === '00:00:00:00:00:00' ? [] : [digest('network', address)]
  })
  return (await Promise.all(cards)).flat()
}

const digest = (kind: string, value: string): string =>
  createHash('sha256').update(`lenscap machine ${kind} ${value}`).digest('hex').slice(0, 32)

/**
 * Whether they are two machines. One piece of hardware in common makes them one, whatever else was changed; where hardware
 * is unknown of either, the system's number decides, and where that is unknown too, nothing speaks for two.
 */
export function areTwo(a: MachineFacts, b: MachineFacts): boolean {
  if (a.hardware.length > 0 && b.hardware.length > 0) return !a.hardware.some((each) => b.hardware.includes(each))
  return a.machineId !== undefined && b.machineId !== undefined && a.machineId !== b.machineId
}

/**
 * Whether this state folder was filled on another machine, as when one flashed box's disk is copied to fifty. Then it is
 * marked to be wiped before anything of it is used: each box gets an identity of its own, and nobody's grants or passwords.
 */
export async function wasCloned(stateDir: string, root?: string): Promise<boolean> {
  const stored = await readStored(stateDir)
  if (stored === undefined || !areTwo(stored, await readMachine(root))) return false
  await markForWipe(stateDir)
  return true
}

/** Keeps what this machine is; what a box does not tell today (a network card that comes late) stays as it was. */
export async function rememberMachine(stateDir: string, root?: string): Promise<void> {
  const stored = await readStored(stateDir)
  const now = await readMachine(root)
  const hardware = now.hardware.length > 0 ? now.hardware : (stored?.hardware ?? [])
  const machineId = now.machineId ?? stored?.machineId
  const next: MachineFacts = { v: 1, hardware, ...(machineId && { machineId }) }
  if (JSON.stringify(next) !== JSON.stringify(stored)) {
    await writeFileDurably(pathIn(stateDir), `${JSON.stringify(next)}\n`, 0o600)
  }
}

/** Undefined where there is none; a damaged one says nothing about another machine, and is written anew. */
async function readStored(stateDir: string): Promise<MachineFacts | undefined> {
  const text = await readFileIfThere(pathIn(stateDir))
  try {
    return text === undefined ? undefined : MachineFacts.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
