import * as z from 'zod'
import { payload, text } from './envelope.ts'

/** The box that the agent runs on. Bytes, percent 0..100, degrees Celsius. */
export const HostFacts = z.object({
  model: text(256),
  os: text(256),
  kernel: text(128),
  arch: text(32),
  cpu: z.object({ model: text(256), cores: z.number().int(), loadPercent: z.number() }),
  memory: z.object({ totalBytes: z.number(), availableBytes: z.number() }),
  disks: z.array(z.object({ mount: text(256), sizeBytes: z.number(), usedBytes: z.number() })).max(32),
  temperatures: z.array(z.object({ name: text(64), celsius: z.number() })).max(32),
  interfaces: z.array(z.object({ name: text(64), mac: text(32), addresses: z.array(text(64)).max(16) })).max(32),
})
export type HostFacts = z.infer<typeof HostFacts>

export const Host = payload({ host: HostFacts })
export type Host = z.infer<typeof Host>
