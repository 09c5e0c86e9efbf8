import { join } from 'node:path'
import * as z from 'zod'
import { HealthLevel } from '../protocol/camera.ts'
import { Id, TimeMs } from '../protocol/envelope.ts'

/** Where a running agent answers the other commands: only its own user, and root, can open it. */
export const controlPath = (stateDir: string): string => join(stateDir, 'control.sock')

/** What a command may ask of a running agent: one line of JSON. */
export const ControlRequest = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('state') }),
  /** The state, then news until the asker goes. */
  z.strictObject({ ask: z.literal('watch') }),
  /** The lines that are kept; with `follow`, those to come. */
  z.strictObject({ ask: z.literal('logs'), follow: z.boolean() }),
  z.strictObject({ ask: z.literal('reload') }),
  z.strictObject({ ask: z.literal('reset') }),
  /** Forgets a camera for good; the agent begins anew without it. */
  z.strictObject({ ask: z.literal('forget'), camera: Id }),
])
export type ControlRequest = z.infer<typeof ControlRequest>

const count = z.number().min(0)

/** How a running agent is. Strings that come from cameras are bounded where they came in. */
export const AgentState = z.object({
  version: z.string(),
  pid: z.number(),
  uptimeS: count,
  agent: Id,
  bridge: z.string().nullable(),
  connected: z.boolean(),
  /** Why the last connection ended, where there is none now. */
  trouble: z.string(),
  settledBy: z.enum(['bridge', 'broker']),
  cap: z.boolean(),
  spool: z.object({ messages: count, bytes: count, dropped: count }),
  sent: z.object({ items: count, bytes: count }),
  residentBytes: count,
  cameras: z.array(
    z.object({
      camera: Id,
      name: z.string(),
      address: z.string(),
      level: z.union([HealthLevel, z.literal('unknown')]),
      codes: z.array(z.string()),
      /** The last thing that it said, and when. */
      last: z.string(),
      lastAt: TimeMs.nullable(),
    }),
  ),
})
export type AgentState = z.infer<typeof AgentState>

/** Something that happened just now. */
export const News = z.object({
  at: TimeMs,
  kind: z.enum(['event', 'health', 'activity', 'connection']),
  camera: Id.optional(),
  text: z.string(),
})
export type News = z.infer<typeof News>

/** What a change of the configuration came to. */
export const Reloaded = z.object({
  /** Keys that count now. */
  applied: z.array(z.string()),
  /** Keys that count after a restart. */
  restart: z.array(z.string()),
  /** Why nothing was taken, where the file has a fault. */
  fault: z.string(),
})
export type Reloaded = z.infer<typeof Reloaded>

/** One line of an answer. */
export const ControlAnswer = z.union([
  z.object({ state: AgentState }),
  z.object({ news: News }),
  z.object({ log: z.string() }),
  z.object({ reloaded: Reloaded }),
  z.object({ reset: z.literal('begun') }),
  z.object({ forgotten: Id }),
  z.object({ error: z.string() }),
])
export type ControlAnswer = z.infer<typeof ControlAnswer>
