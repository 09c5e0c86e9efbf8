import type { Sighting } from '../discovery/sighting.ts'
import type { DeviceHandle } from '../inventory/access.ts'

/**
 * The sightings worth a closer look: a device that is in its place and gave no trouble is left in peace until the
 * inventory's own schedule.
 */
export async function* newsIn(
  sightings: AsyncIterable<Sighting>,
  inventory: { devices(): readonly DeviceHandle[] },
): AsyncGenerator<Sighting, void, undefined> {
  for await (const sighting of sightings) {
    if (!inventory.devices().some((handle) => isInPlace(handle, sighting))) yield sighting
  }
}

function isInPlace({ device, trouble, cameras }: DeviceHandle, { address, port, endpoint }: Sighting): boolean {
  if (trouble || device.target.address !== address || device.target.port !== port) return false
  const known = cameras[0]?.facts.endpoint ?? ''
  return known === '' || endpoint === '' || known === endpoint
}
