import { type FaultKind, plainly, usually } from './kinds.ts'

export const DEVICE_FAULTS = {
  'power-cut': plainly('is off, without a Bye, until it is switched off again'),
  rebooting: usually(5, 'seconds', 'reboots once, and is away that long'),
  'reboot-loop': usually(10, 'seconds', 'reboots again and again, after that time each'),
  'slow-boot': usually(30, 'seconds', 'takes that long to boot'),
  moved: usually(1, 'count', 'stands that many addresses further'),
  swapped: plainly('is another device of the same brand at the same address'),
  'no-hello': plainly('says neither Hello nor Bye'),
  'serial-shared': plainly('has the same serial as all others of its kind'),
  'mac-shared': plainly('has the same MAC as all others'),
  'mac-missing': plainly('tells no network interfaces'),
  'endpoint-reference-empty': plainly('answers GetEndpointReference with no GUID inside'),
  'no-get-services': plainly('knows only GetCapabilities, as old cameras do'),
} as const satisfies Record<string, FaultKind>
