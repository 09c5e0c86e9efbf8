import type { ProfileName } from './index.ts'
import type { Field } from './reading.testing.ts'

export type Client = 'onvif' | 'node-onvif'

/** Where a client tells something else than is so, and the camera is right. */
export interface Difference {
  readonly client: Client
  /** `all`: it reads nothing of the camera. */
  readonly field: Field | 'all'
  readonly profiles: readonly ProfileName[] | 'every'
  readonly why: string
  /** What it makes of the truth; for `all`, what its error says. */
  readonly tells: (truth: unknown) => unknown
}

const asNumber = (text: unknown) => Number(text)
const each = (change: (one: unknown) => unknown) => (truth: unknown) => [truth].flat().map(change)

export const DIFFERENCES: readonly Difference[] = [
  {
    client: 'onvif',
    field: 'serial',
    profiles: ['reolink'],
    why: 'a serial of digits alone becomes a number, and its last digits are lost',
    tells: asNumber,
  },
  {
    client: 'onvif',
    field: 'firmware',
    profiles: ['tapo'],
    why: 'the version 2.10 becomes the number 2.1',
    tells: asNumber,
  },
  {
    client: 'onvif',
    field: 'hardwareId',
    profiles: ['amcrest', 'hikvision', 'tapo', 'nvr', 'vigi', 'sunba', 'plain', 'nvr16', 'nvr32'],
    why: 'a hardware id of digits becomes a number: 1.00 becomes 1',
    tells: asNumber,
  },
  {
    client: 'onvif',
    field: 'profiles',
    profiles: ['reolink'],
    why: 'the token 101 becomes a number, while 001 stays a text',
    tells: each((token) => (String(token).startsWith('0') ? token : Number(token))),
  },
  {
    client: 'node-onvif',
    field: 'all',
    profiles: ['axis'],
    why: 'it knows WS-UsernameToken alone, and the camera takes HTTP Digest alone: every request is refused with 401',
    tells: () => /401/,
  },
  {
    client: 'node-onvif',
    field: 'topics',
    profiles: 'every',
    why: 'it has no pull point, and tells the topics of GetEventProperties without their namespaces',
    tells: each((topic) => String(topic).replace(/^\w+:/, '')),
  },
  {
    client: 'node-onvif',
    field: 'encodings',
    profiles: ['vigi'],
    why: 'it asks the media service version 1, which has no word for H.265: the main stream has no encoder',
    tells: each((encoding) => (encoding === 'H265' ? undefined : encoding)),
  },
  {
    client: 'node-onvif',
    field: 'sizes',
    profiles: ['vigi'],
    why: 'the size stands in that encoder, too',
    tells: each((size) => (size === '1280x720' ? 'undefinedxundefined' : size)),
  },
]

export function differencesOf(client: Client, profile: ProfileName): Difference[] {
  return DIFFERENCES.filter(
    (one) => one.client === client && (one.profiles === 'every' || one.profiles.includes(profile)),
  )
}

/** A difference as a line of the table in the documentation. */
export function rowOf({ client, field, profiles, why }: Difference): string {
  return `| ${client} | ${field} | ${profiles === 'every' ? profiles : profiles.join(', ')} | ${why} |`
}
