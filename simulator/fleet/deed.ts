import type { FaultName, FaultSetting } from '../faults/fault.ts'
import type { EventKind } from '../profiles/profile.ts'

/**
 * One thing that was done to a camera from outside, or that it did by chance: with all of them, a run can be played again.
 * What follows from one, such as the address that the fault `moved` leads to, is none of its own. Nor is what a client asked.
 */
export type Deed =
  | { readonly act: 'raise'; readonly event: EventKind; readonly channel: number; readonly activeMs: number }
  | { readonly act: 'fault'; readonly fault: FaultSetting }
  | { readonly act: 'clear'; readonly name: FaultName }
  | { readonly act: 'power'; readonly on: boolean }
  | { readonly act: 'reboot'; readonly awayMs: number }
  | { readonly act: 'move'; readonly address: string }
  | { readonly act: 'swap'; readonly device: number }

/** In a few words, for journals and terminals. */
export function describeDeed(deed: Deed): string {
  switch (deed.act) {
    case 'raise':
      return `raise ${deed.event} on channel ${deed.channel}`
    case 'fault':
      return `fault ${deed.fault.name}${deed.fault.value === 1 ? '' : `=${deed.fault.value}`}`
    case 'clear':
      return `clear ${deed.name}`
    case 'power':
      return `power ${deed.on ? 'on' : 'off'}`
    case 'reboot':
      return 'reboot'
    case 'move':
      return `move to ${deed.address}`
    case 'swap':
      return `swap for device ${deed.device}`
  }
}
