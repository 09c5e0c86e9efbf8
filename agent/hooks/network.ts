import type { NetworkInterfaceInfo } from 'node:os'
import type { HookCall } from '../../firmware-hooks/hooks/hook-event.ts'

/** Addresses by interface; only interfaces that have one by which the box can be reached from beyond its cable. */
export type Networks = ReadonlyMap<string, readonly string[]>

/** Loopback is no network, and an address that a box gives itself (RFC 3927, RFC 4291 2.5.6) is none yet. */
export function networksOf(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): Networks {
  return new Map(
    Object.entries(interfaces).flatMap(([name, all = []]) => {
      const addresses = all.filter((each) => !each.internal && !isSelfGiven(each.address)).map((each) => each.address)
      return addresses.length > 0 ? [[name, addresses] as const] : []
    }),
  )
}

const isSelfGiven = (address: string) => address.startsWith('169.254.') || /^fe[89ab]/i.test(address)

/** What hooks are told about the way from the former to the present; another address of an interface is up again. */
export function networkCalls(before: Networks, now: Networks): HookCall[] {
  const down = [...before.keys()].filter((name) => !now.has(name))
  const up = [...now].filter(([name, addresses]) => before.get(name)?.join() !== addresses.join())
  return [
    ...down.map((name): HookCall => ({ event: 'network-down', facts: { interface: name } })),
    ...up.map(([name, addresses]): HookCall => ({ event: 'network-up', facts: { interface: name, addresses } })),
  ]
}
