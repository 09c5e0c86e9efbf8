import { validate as isCron } from 'node-cron'
import * as z from 'zod'
import { Secret } from '../base/secret.ts'
import { AgentBroker, OtherBroker } from './broker.ts'

const Cron = z.string().refine((text) => isCron(text), 'must be a cron expression such as "*/10 * * * *"')

/** Where a password is written in the file itself, it is a secret from here on. */
const Password = z
  .string()
  .min(1)
  .max(256)
  .transform((text) => new Secret(text))
  .describe('The password itself; "lenscap-agent credentials import" moves it into the box\'s sealed store')

const CredentialSet = z
  .strictObject({
    username: z.string().min(1).max(128).describe('The user name on the camera'),
    password: Password.optional(),
    passwordFile: z
      .string()
      .min(1)
      .optional()
      .describe('A file that holds the password, readable by the agent alone (mode 0600)'),
    for: z
      .array(z.string().max(128))
      .max(64)
      .default([])
      .describe(
        'What it is meant for: host:192.168.7.20, host:192.168.7.0/24, maker:hikvision*, camera:ID; everything where none is named',
      ),
  })
  .refine(({ password, passwordFile }) => (password === undefined) !== (passwordFile === undefined), {
    message: 'needs either passwordFile or password',
  })
  .describe('Tried in the order given; a set that a camera refused is not sent to it again until it changes')

/** Home Assistant's MQTT discovery. */
const HomeAssistant = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Show every camera as a device in Home Assistant'),
    discoveryPrefix: z
      .string()
      .regex(/^[a-zA-Z0-9_-]+(\/[a-zA-Z0-9_-]+)*$/, 'must be levels of letters, digits, - and _, joined by /')
      .max(64)
      .default('homeassistant')
      .describe('The discovery prefix that is set in Home Assistant'),
    broker: OtherBroker.optional().describe("Home Assistant's broker; the agent's own (mqtt) where absent"),
  })
  .prefault({})

/** Loopback alone: what a box counts is nobody else's business. */
const MetricsListen = z
  .string()
  .regex(
    /^(off|socket|127\.\d{1,3}\.\d{1,3}\.\d{1,3}:\d{1,5}|\[::1\]:\d{1,5})$/,
    'must be socket, off or 127.0.0.1:PORT',
  )

/** How the owner knows the box. */
export const BoxName = z.string().trim().min(1).max(128)

/** Where the bridge answers. */
export const BridgeUrl = z.url({
  protocol: /^https?$/,
  error: 'write it with http:// or https://, such as https://cameras.example.org',
})

const SHAPE = z.strictObject({
  bridge: BridgeUrl.optional().describe(
    'Where the bridge answers, such as https://cameras.example.org; without one, mqtt.url is needed',
  ),
  name: BoxName.default('Lenscap agent').describe('How the box is called in the console'),
  stateDir: z.string().min(1).default('/var/lib/lenscap').describe('Where identity, spool and queue live'),
  credentials: z.array(CredentialSet).max(32).default([]),
  discovery: z
    .strictObject({
      multicast: z.boolean().default(true).describe('Ask every network interface by WS-Discovery'),
      interfaces: z
        .array(z.string().min(1).max(64))
        .max(32)
        .default([])
        .describe('Names of the interfaces to ask by multicast; all where none is named'),
      ranges: z
        .array(z.string().max(64))
        .max(64)
        .default([])
        .describe('Ranges such as 192.168.7.0/24 asked address by address, for cameras behind a router or a VLAN'),
      only: z
        .array(z.string().max(64))
        .max(64)
        .default([])
        .describe(
          'Nothing outside these ranges is ever contacted, whoever answers there; anywhere where none is named',
        ),
      hosts: z.array(z.string().max(256)).max(256).default([]).describe('Cameras by address, HOST or HOST:PORT'),
      port: z.number().int().min(1).max(65535).default(3702).describe('WS-Discovery port'),
      newDevices: z
        .enum(['sign-in', 'confirm'])
        .default('sign-in')
        .describe(
          'Whether a device that was never signed in to gets the credentials at once, or after "lenscap-agent credentials confirm"',
        ),
      intervalS: z.number().int().min(5).max(86_400).default(60).describe('How often to look for new cameras'),
    })
    .prefault({}),
  inventory: z
    .strictObject({
      schedule: Cron.default('17 3 * * *').describe('When every camera is read again in full'),
      forgetAfterDays: z
        .number()
        .int()
        .min(0)
        .max(3650)
        .default(90)
        .describe('A camera that was not seen for so many days, while others were, is forgotten; 0 for never'),
    })
    .prefault({}),
  events: z
    .strictObject({
      push: z
        .boolean()
        .default(true)
        .describe('Let cameras without a working pull point post their events to this box'),
      pushPort: z
        .number()
        .int()
        .min(0)
        .max(65_535)
        .default(0)
        .describe('Port for that, opened only when a camera needs it; 0 for any that is free'),
    })
    .prefault({}),
  logs: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Read the cameras' own system logs"),
      intervalS: z.number().int().min(60).max(86_400).default(600).describe('How often; long logs more rarely'),
    })
    .prefault({}),
  host: z
    .strictObject({
      schedule: Cron.default('*/5 * * * *').describe("When the box's own facts are reported"),
    })
    .prefault({}),
  media: z
    .strictObject({
      preRollMs: z
        .number()
        .int()
        .min(0)
        .max(30_000)
        .default(10_000)
        .describe('How much of a clip lies before its event'),
      postRollMs: z
        .number()
        .int()
        .min(500)
        .max(60_000)
        .default(20_000)
        .describe('How much of a clip follows its event'),
      sound: z
        .boolean()
        .default(false)
        .describe('Record sound with clips. In many countries that asks for more than recording pictures does'),
      transport: z
        .enum(['auto', 'tcp', 'udp'])
        .default('auto')
        .describe('How streams come: in the RTSP connection (tcp), over UDP, or over UDP where a camera refuses tcp'),
      snapshotSchedule: Cron.default('*/10 * * * *').describe(
        'When a snapshot is taken of each camera whose owner allows it',
      ),
      queueBytesMax: z
        .number()
        .int()
        .min(1_048_576)
        .default(512 * 1_048_576)
        .describe('Media waiting for upload; above it the oldest is let go, and named'),
      queueAgeMaxHours: z
        .number()
        .int()
        .min(1)
        .max(87_600)
        .default(720)
        .describe('Media waiting for upload; what has waited longer while the agent ran is let go, and named'),
    })
    .prefault({}),
  upload: z
    .strictObject({
      rateKbps: z
        .number()
        .min(64)
        .max(10_000_000)
        .optional()
        .describe('How fast media may leave, in thousand bits a second; as fast as the line is where absent'),
      hours: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, 'must be hours such as 22:00-06:00')
        .refine((hours) => hours.slice(0, 5) !== hours.slice(6), 'must begin and end at different times')
        .optional()
        .describe("When media may leave, by the box's own time, such as 22:00-06:00; always where absent"),
    })
    .prefault({}),
  spool: z
    .strictObject({
      bytesMax: z
        .number()
        .int()
        .min(262_144)
        .default(64 * 1_048_576)
        .describe('Messages waiting for the bridge; above it the oldest are let go, and named'),
    })
    .prefault({}),
  mqtt: AgentBroker.prefault({}).describe(
    "The agent's broker: what to add to, or to put in place of, what the bridge said; or all of it, where there is no bridge",
  ),
  homeAssistant: HomeAssistant,
  metrics: z
    .strictObject({
      listen: MetricsListen.default('socket').describe(
        'Where /metrics and /healthz answer: socket (metrics.sock in stateDir), 127.0.0.1:PORT, or off',
      ),
    })
    .prefault({}),
  log: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('How much is logged'),
})

/** Everything that an installer can set, with its default. Durations are in the unit that the name ends with. */
export const AgentConfig = SHAPE.superRefine(({ bridge, mqtt, homeAssistant }, context) => {
  const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
  if (bridge === undefined && mqtt.url === undefined) {
    fault(['bridge'], 'say where the bridge answers, or set mqtt.url where there is none')
  }
  if (homeAssistant.enabled && homeAssistant.broker === undefined && mqtt.url === undefined) {
    fault(['homeAssistant', 'broker'], "say which broker: the bridge's own does not serve Home Assistant")
  }
})
export type AgentConfig = z.infer<typeof AgentConfig>

/** The published JSON schema of the configuration file. */
export const configJsonSchema = (): object => z.toJSONSchema(SHAPE, { io: 'input', unrepresentable: 'any' })
