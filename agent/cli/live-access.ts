import { LenscapError } from '../base/errors.ts'
import type { CameraAccess } from '../inventory/access.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { LiveAccess } from '../media/live-streams.ts'
import type { Id } from '../protocol/envelope.ts'

/** The way to a camera's media as the inventory knows it at the moment of asking: addresses and credentials change. */
export function liveAccess(camera: Id, inventory: Inventory): LiveAccess {
  const now = (): CameraAccess => {
    const access = inventory.camera(camera)
    if (access) return access
    throw new LenscapError('unreachable', 'The camera is not known any more', { camera })
  }
  return {
    camera,
    get address() {
      return now().facts.address
    },
    get credential() {
      return now().credential
    },
    get gate() {
      return now().deviceHandle.device.gate
    },
    streamUri: (signal) => now().streamUri(signal),
    liveWay: (quality) => now().liveWay(quality),
    snapshotUri: (signal) => now().snapshotUri(signal),
  }
}
