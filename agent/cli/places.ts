import type { AgentConfig } from '../config/schema.ts'
import { addressesOf } from '../discovery/cidr.ts'
import { fenceOf } from '../discovery/fence.ts'
import { hostAndPort } from '../discovery/manual.ts'

/** Checks what only discovery understands, before anything runs. @throws LenscapError `invalid` or `limit`, naming the fault */
export function checkPlaces({ discovery }: Pick<AgentConfig, 'discovery'>): void {
  for (const range of discovery.ranges) addressesOf(range)
  for (const host of discovery.hosts) hostAndPort(host)
  fenceOf(discovery.only)
}
