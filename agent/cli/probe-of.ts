import { isIPv4 } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { discover } from '../discovery/discover.ts'
import type { ProbeOf } from '../inventory/trust.ts'

const WAIT_MS = 1_500

/** Asks one address by a probe of WS-Discovery, which nobody needs a password for. IPv4 alone is probed by unicast. */
export const probeOf =
  (discoveryPort: number, clock: Clock): ProbeOf =>
  async (address, port, signal) => {
    if (!isIPv4(address)) return ''
    const one = { cidrs: [`${address}/32`], multicast: false, discoveryPort, durationMs: WAIT_MS, clock, signal }
    let found = ''
    for await (const sighting of discover(one)) {
      if (sighting.address !== address || sighting.endpoint === '') continue
      found = sighting.endpoint
      // Several devices may stand behind one address: theirs are told apart by their ports.
      if (sighting.port === port) break
    }
    return found
  }
