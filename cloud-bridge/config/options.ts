import { join } from 'node:path'
import { z } from 'zod'
import { DEFAULT_PREFIX } from '../../agent/protocol/topics.ts'

const Port = z.coerce.number().int().min(0).max(65_535)

/** What a bridge is started with. Every field can stand in the configuration file, most as an option too. */
export const BridgeOptions = z.strictObject({
  data: z.string({ error: 'say where, with --data DIR' }).min(1).describe('Folder of records, media and keys'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  httpPort: Port.default(8080).describe('Port of the console, its API and uploads; 0: any free one'),
  mqttPort: Port.default(1883).describe('Port of the MQTT broker; 0: any free one'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('How people and boxes reach the HTTP port; https where a proxy before it speaks TLS'),
  publicMqttUrl: z
    .url({ protocol: /^(mqtts?|wss?)$/ })
    .optional()
    .describe('How boxes reach the broker'),
  console: z
    .string()
    .min(1)
    .default(join(import.meta.dirname, '../../build/console'))
    .describe('Folder of the built console'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('What is logged to stderr'),
  prefix: z
    .string()
    .regex(/^[\w-]+(\/[\w-]+)*$/)
    .max(128)
    .default(DEFAULT_PREFIX)
    .describe('Where the topics live'),
  trustedProxies: z
    .array(z.string())
    .max(16)
    .default([])
    .describe('Addresses of proxies whose X-Forwarded-For is believed'),
  connectionsMax: z.number().int().min(1).max(100_000).default(10_000).describe('MQTT connections at a time'),
  retentionDays: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(90)
    .describe('How long events, camera logs and activity are kept, in days; media stay until they are deleted'),
})
export type BridgeOptions = z.infer<typeof BridgeOptions>
/** What a caller has to say: all that has no default. */
export type BridgeSettings = z.input<typeof BridgeOptions>
