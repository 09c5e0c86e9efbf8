import { statfs } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type { HookCall } from '../../firmware-hooks/hooks/hook-event.ts'
import type { Clock } from '../base/clock.ts'
import { errorKind } from '../base/errors.ts'
import { type Networks, networkCalls, networksOf } from './network.ts'
import { isLow, type Room } from './storage.ts'

const LOOK_MS = 5000

export interface WatchDeps {
  readonly stateDir: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onCall: (call: HookCall) => void
  readonly onStorage: (low: boolean) => void
  /** A box without hooks has nothing to look for. */
  readonly hasHooks: () => boolean
  /** For tests. */
  readonly look?: Look
}

/** How the box is looked at. */
export interface Look {
  readonly interfaces: typeof networkInterfaces
  readonly room: (folder: string) => Promise<Room>
}

const SYSTEM: Look = {
  interfaces: networkInterfaces,
  room: async (folder) => {
    const { bavail, bsize, blocks } = await statfs(folder)
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize }
  },
}

/** Looks at the network and the disk until the signal fires; networks that are there at the start are told as up. */
export async function watchBox(deps: WatchDeps): Promise<void> {
  const { clock, signal, look = SYSTEM } = deps
  let networks: Networks = new Map()
  let low = false
  while (!signal.aborted) {
    if (deps.hasHooks()) {
      const now = networksOf(look.interfaces())
      for (const call of networkCalls(networks, now)) deps.onCall(call)
      networks = now
      low = await tellStorage(deps, look, low)
    }
    await clock.sleep(LOOK_MS, signal).catch((error: unknown) => {
      if (errorKind(error) !== 'cancelled') throw error
    })
  }
}

async function tellStorage(deps: WatchDeps, look: Look, wasLow: boolean): Promise<boolean> {
  const { stateDir: folder } = deps
  // A disk that can't be asked is for `doctor` to name.
  const room = await look.room(folder).catch(() => undefined)
  if (room === undefined) return wasLow
  const low = isLow(room, wasLow)
  if (low && !wasLow) deps.onCall({ event: 'storage-low', facts: { folder, ...room } })
  if (low !== wasLow) deps.onStorage(low)
  return low
}
