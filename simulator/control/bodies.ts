import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { EVENT_KINDS } from '../profiles/profile.ts'

const DAY_MS = 86_400_000

/** What clients send. */
export const EventBody = z.strictObject({
  kind: z.enum(EVENT_KINDS),
  channel: z.number().int().min(1).optional(),
  activeMs: z
    .number()
    .int()
    .min(0)
    .max(DAY_MS)
    .optional()
    .describe('how long it lasts; one to three seconds, if not said'),
})
export const FaultBody = z.strictObject({ value: z.union([z.number(), z.string()]).optional() }).nullish()
export const MoveBody = z.strictObject({
  address: z.string().refine((text) => isIPv4(text) && text.startsWith('127.'), 'write a loopback address, 127.x.y.z'),
})
/** A scenario's text, as it is or inside JSON. */
export const ScenarioBody = z.union(
  [z.string().min(1), z.strictObject({ text: z.string().min(1), name: z.string().min(1).max(200).optional() })],
  'send the scenario as text, or as {"text": "…"}',
)

/** What clients ask by. */
export const ListQuery = z.strictObject({
  search: z.string().max(200).optional().describe('only those whose names, device, address or serial hold it'),
  offset: z.coerce.number().int().min(0).optional().describe('leaves out that many'),
  limit: z.coerce.number().int().min(0).optional().describe('gives that many at most'),
})
export const JournalQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).optional().describe('only that many entries, the last ones'),
})
export const SnapshotQuery = z.strictObject({ channel: z.coerce.number().int().min(1).optional() })
