import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { EVENT_KINDS } from '../profiles/profile.ts'

/** What clients send. */
export const EventBody = z.strictObject({
  kind: z.enum(EVENT_KINDS),
  channel: z.number().int().min(1).optional(),
})
export const FaultBody = z.strictObject({ value: z.union([z.number(), z.string()]).optional() }).nullish()
export const MoveBody = z.strictObject({
  address: z.string().refine((text) => isIPv4(text) && text.startsWith('127.'), 'write a loopback address, 127.x.y.z'),
})
