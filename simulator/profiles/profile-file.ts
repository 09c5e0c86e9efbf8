import { z } from 'zod'
import { FaultError, parseFault } from '../faults/fault.ts'
import { PROFILE_NAMES, profileNamed } from './catalogue.ts'
import { readChecked } from './checked-file.ts'
import { EVENT_KINDS, type Profile } from './profile.ts'

const TEXT = z.string().min(1).max(256)
const PATH = z.string().startsWith('/', 'a path begins with /').max(512)
const COUNT = z.number().int().min(0)

const EventShape = z.strictObject({
  kind: z.enum(EVENT_KINDS),
  topic: z.string().regex(/^[\w-]+:[\w.-]+(\/[\w.-]+)*$/, 'a topic is written as tns1:Rule/Engine'),
  source: z.array(z.tuple([TEXT, z.string().max(256)])).max(8),
  data: z.strictObject({ name: TEXT, on: TEXT, off: TEXT }),
})

const Subscription = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('path'),
    path: PATH,
    portIfSeparate: z.number().int().min(1).max(65535).exactOptional(),
  }),
  z.strictObject({ by: z.literal('shared'), path: PATH }),
  z.strictObject({ by: z.literal('parameter'), path: PATH }),
])

/** As the command line writes it: `NAME` or `NAME=VALUE`. */
const Fault = z.string().transform((text, context) => {
  try {
    const { name, value } = parseFault(text)
    return text === name ? name : (`${name}=${value}` as const)
  } catch (error) {
    context.addIssue(error instanceof FaultError ? error.message : 'no fault')
    return z.NEVER
  }
})

/** What a user's file may say; all but `base` and `name` may be left out. */
const ProfileFile = z.strictObject({
  base: z.enum(PROFILE_NAMES),
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name is of small letters, digits and dashes'),
  title: TEXT.exactOptional(),
  manufacturer: TEXT.exactOptional(),
  model: TEXT.exactOptional(),
  firmware: TEXT.exactOptional(),
  serial: TEXT.exactOptional(),
  hardwareId: TEXT.exactOptional(),
  hostname: TEXT.exactOptional(),
  mac: z
    .strictObject({
      separator: z.enum([':', '-', '']).exactOptional(),
      upperCase: z.boolean().exactOptional(),
      interfaceName: TEXT.exactOptional(),
    })
    .exactOptional(),
  channels: z.number().int().min(1).max(64).exactOptional(),
  mainCodec: z.enum(['h264', 'h265']).exactOptional(),
  httpPort: z.number().int().min(0).max(65535).exactOptional(),
  paths: z
    .strictObject({
      device: PATH.exactOptional(),
      media: PATH.exactOptional(),
      events: PATH.exactOptional(),
      snapshot: PATH.exactOptional(),
      stream: PATH.exactOptional(),
    })
    .exactOptional(),
  services: z
    .strictObject({
      media2: PATH.exactOptional(),
      imaging: PATH.exactOptional(),
      ptz: PATH.exactOptional(),
      recording: PATH.exactOptional(),
      search: PATH.exactOptional(),
      replay: PATH.exactOptional(),
      deviceIo: PATH.exactOptional(),
    })
    .exactOptional(),
  auth: z
    .array(z.enum(['username-token', 'digest-md5', 'digest-sha256']))
    .min(1)
    .exactOptional(),
  realm: TEXT.exactOptional(),
  refusal: z.strictObject({ status: z.literal([400, 401]), body: z.enum(['soap', 'html']) }).exactOptional(),
  preAuth: z.boolean().exactOptional(),
  lockout: z.strictObject({ attempts: COUNT.min(1), durationMs: COUNT }).exactOptional(),
  subscription: Subscription.exactOptional(),
  pullPointsMax: COUNT.exactOptional(),
  slotsFullSubcode: TEXT.exactOptional(),
  terminationDefaultMs: COUNT.min(1000).exactOptional(),
  pullExtends: z.boolean().exactOptional(),
  pullCutMs: COUNT.min(100).exactOptional(),
  announcesPullPoint: z.boolean().exactOptional(),
  events: z.array(EventShape).min(1).exactOptional(),
  timeZone: z.strictObject({ posix: TEXT, offsetMinutes: z.number().int().min(-720).max(840) }).exactOptional(),
  systemLog: z.enum(['text', 'mtom', 'xop', 'uri', 'unavailable']).exactOptional(),
  relayOutputs: COUNT.max(16).exactOptional(),
  digitalInputs: COUNT.max(16).exactOptional(),
  lacks: z
    .array(z.string().regex(/^[A-Z]\w+$/, 'an operation is named as GetOSDs'))
    .max(200)
    .exactOptional(),
  rebootMs: COUNT.exactOptional(),
  eventTimeDigits: z.literal([0, 3, 6]).exactOptional(),
  faults: z.array(Fault).max(64).exactOptional(),
})

/**
 * Reads a user's own profile: the name of the one that it begins with, and what differs. `services`, where given, replaces
 * the base's as a whole, so that a service can be left out. Throws RangeError that names file and line.
 */
export function readProfile(text: string, file: string): Profile {
  const { value, complain } = readChecked(text, file, ProfileFile)
  const { base: baseName, mac, paths, ...rest } = value
  const base = profileNamed(baseName)
  const channels = rest.channels ?? base.channels
  const templates = { ...base.paths, ...paths }
  for (const path of ['snapshot', 'stream'] as const)
    if (channels > 1 && !templates[path].includes('{channel}'))
      throw complain(['paths', path], `paths.${path}: with several channels it holds {channel}`)
  return { ...base, ...rest, mac: { ...base.mac, ...mac }, paths: templates }
}
