import * as z from 'zod'
import { DEFAULT_PREFIX } from '../protocol/topics.ts'

const FilePath = z.string().min(1).max(4096)

/** How a broker is reached and convinced. What is absent is what the bridge said when the box was claimed. */
const SHAPE = {
  url: z
    .url({ protocol: /^(mqtts?|wss?)$/ })
    .describe(
      'Where the broker listens: mqtt://, mqtts://, ws:// or wss:// with host and, where unusual, port and path',
    ),
  username: z.string().min(1).max(256).describe('The user name on the broker'),
  passwordFile: FilePath.describe('A file that holds its password, readable by the agent alone (mode 0600)'),
  version: z.enum(['3.1.1', '5']).default('3.1.1').describe('The version of MQTT; every broker speaks 3.1.1'),
  caFile: FilePath.describe(
    "The CA that signed the broker's certificate, as PEM; then no other CA counts. A self-signed certificate is its own CA",
  ),
  fingerprint: z
    .string()
    .regex(/^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$/, 'must be a SHA-256 fingerprint: 64 hexadecimal digits')
    .describe("SHA-256 fingerprint of the broker's certificate: no other is believed, whatever name it is for"),
  servername: z
    .string()
    .min(1)
    .max(253)
    .describe("The name in the broker's certificate, where it is not that in the url"),
  certFile: FilePath.describe("This box's own certificate, as PEM, for brokers that want one (mutual TLS)"),
  keyFile: FilePath.describe('The private key to it, as PEM, readable by the agent alone (mode 0600)'),
}

const OPTIONAL = z.strictObject(SHAPE).partial().extend({ version: SHAPE.version })

/** A pair that is given whole or not at all. */
function inPairs(
  settings: { readonly [Key in keyof typeof SHAPE]?: string | undefined },
  context: z.core.$RefinementCtx,
): void {
  for (const [one, other] of [
    ['certFile', 'keyFile'],
    ['keyFile', 'certFile'],
    ['passwordFile', 'username'],
  ] as const) {
    if (settings[one] === undefined || settings[other] !== undefined) continue
    context.addIssue({ code: 'custom', path: [one], message: `needs ${other} beside it` })
  }
}

/** The broker of another program: everything about it is said here. */
export const OtherBroker = OPTIONAL.extend({ url: SHAPE.url }).superRefine(inPairs)

/** The agent's own connection. */
export const AgentBroker = OPTIONAL.extend({
  prefix: z
    .string()
    .regex(/^[^+#/\s]+(\/[^+#/\s]+)*$/, 'must be levels joined by /, without + and #')
    .max(128)
    .default(DEFAULT_PREFIX)
    .describe('First levels of all topics, where there is no bridge; a bridge says it itself'),
}).superRefine(inPairs)

export type BrokerSettings = z.infer<typeof OPTIONAL>
