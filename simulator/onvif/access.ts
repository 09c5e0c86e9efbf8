import { NAMESPACES, type SoapRequest } from './soap.ts'
import type { UserLevel } from './users.ts'

/** Changing the device itself: ONVIF's access classes WRITE_SYSTEM and UNRECOVERABLE. */
const WRITES_SYSTEM = /^(Set|Add|Remove|Create|Delete|Start|Upgrade|SystemReboot|RestoreSystem)/
/** Relays are moved as a head is: ACTUATE. */
const ACTUATES_DEVICE = /^SetRelayOutputS/
const READS_SECRETS = /^GetUsers$/
/** What reads, or opens no more than a window: READ_MEDIA and READ_SYSTEM. */
const READS = /^(Get|Find|EndSearch|CreatePullPoint|Subscribe|PullMessages|Renew|Unsubscribe|SetSynchronizationPoint)/

/** Whether a user of that level may ask for the operation, by ONVIF's default access policy (ONVIF Core 5.9.4.4). */
export function mayAsk(level: UserLevel, { namespace, operation }: SoapRequest): boolean {
  if (level === 'Administrator') return true
  if (READS_SECRETS.test(operation)) return false
  if (level === 'User') return READS.test(operation)
  return namespace !== NAMESPACES.tds || !WRITES_SYSTEM.test(operation) || ACTUATES_DEVICE.test(operation)
}
