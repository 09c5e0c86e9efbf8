import * as z from 'zod'

/** What an owner may allow, kind by kind. */
export const MediaKind = z.enum(['snapshot', 'clip', 'live'])
export type MediaKind = z.infer<typeof MediaKind>
