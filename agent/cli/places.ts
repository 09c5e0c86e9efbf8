import { describeError } from '../base/errors.ts'
import { type FaultFinder, loadConfig } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import { checkPatterns } from '../credentials/for.ts'
import { addressesOf } from '../discovery/cidr.ts'
import { fenceOf } from '../discovery/fence.ts'
import { hostAndPort } from '../discovery/manual.ts'

/** What only discovery and the credentials understand, each fault where it stands. */
export const placeFaults: FaultFinder = ({ discovery, credentials }) => [
  ...eachOf(['discovery', 'ranges'], discovery.ranges, addressesOf),
  ...eachOf(['discovery', 'hosts'], discovery.hosts, hostAndPort),
  ...eachOf(['discovery', 'only'], discovery.only, (range) => fenceOf([range])),
  ...credentials.flatMap((set, i) => eachOf(['credentials', i, 'for'], set.for, (pattern) => checkPatterns([pattern]))),
]

/** The configuration, with all that is checked before anything runs. @throws LenscapError `invalid`, as `loadConfig` does */
export const loadChecked = (path: string): Promise<AgentConfig> => loadConfig(path, placeFaults)

function eachOf(path: PropertyKey[], values: readonly string[], check: (value: string) => unknown) {
  return values.flatMap((value, i) => {
    try {
      check(value)
      return []
    } catch (error) {
      return [{ path: [...path, i], message: describeError(error) }]
    }
  })
}
