import type { z } from 'zod'
import { Activity } from './activity.ts'
import { Ack, Command, Reply } from './bridge.ts'
import { CameraEvent, CameraHealth, CameraInfo, CameraLog } from './camera.ts'
import { Id } from './envelope.ts'
import { GrantMessage } from './grant.ts'
import { Host } from './host.ts'
import { LedgerRows } from './ledger.ts'
import { Status } from './status.ts'

/** Where all of Lenscap's topics live. An owner's broker may use another prefix. */
export const DEFAULT_PREFIX = 'lenscap/v1'

/** No message is larger: the broker cuts the connection of who sends one. */
export const PAYLOAD_BYTES_MAX = 262_144

/** Who may publish a message. */
type Sender = 'agent' | 'bridge'

interface MessageKind {
  readonly schema: z.ZodType
  readonly sender: Sender
  readonly retained: boolean
  /** Numbered messages go through the spool and are acknowledged end to end by the bridge. */
  readonly numbered: boolean
  /** The topic's levels below `{prefix}/{agent}`; `{camera}` and `{id}` stand for an id. */
  readonly path: string
}

/** Every topic, its payload's schema and its manners. Nothing else in the product spells a topic. */
export const MESSAGES = {
  status: { path: 'status', schema: Status, sender: 'agent', retained: true, numbered: false },
  host: { path: 'host', schema: Host, sender: 'agent', retained: true, numbered: true },
  'camera-info': { path: 'camera/{camera}/info', schema: CameraInfo, sender: 'agent', retained: true, numbered: true },
  'camera-health': {
    path: 'camera/{camera}/health',
    schema: CameraHealth,
    sender: 'agent',
    retained: true,
    numbered: true,
  },
  'camera-event': {
    path: 'camera/{camera}/event',
    schema: CameraEvent,
    sender: 'agent',
    retained: false,
    numbered: true,
  },
  'camera-log': { path: 'camera/{camera}/log', schema: CameraLog, sender: 'agent', retained: false, numbered: true },
  activity: { path: 'activity', schema: Activity, sender: 'agent', retained: false, numbered: true },
  ledger: { path: 'ledger', schema: LedgerRows, sender: 'agent', retained: false, numbered: true },
  reply: { path: 'reply/{id}', schema: Reply, sender: 'agent', retained: false, numbered: false },
  command: { path: 'cmd/{id}', schema: Command, sender: 'bridge', retained: false, numbered: false },
  ack: { path: 'ack', schema: Ack, sender: 'bridge', retained: true, numbered: false },
  grant: { path: 'grant', schema: GrantMessage, sender: 'bridge', retained: true, numbered: false },
} as const satisfies Record<string, MessageKind>

export type MessageName = keyof typeof MESSAGES
export type PayloadOf<Name extends MessageName> = z.infer<(typeof MESSAGES)[Name]['schema']>

/** The names of the messages that travel through the spool. */
export type NumberedName = {
  [Name in MessageName]: (typeof MESSAGES)[Name]['numbered'] extends true ? Name : never
}[MessageName]

export interface TopicParts {
  readonly agent: Id
  readonly name: MessageName
  /** The camera's or the command's id, where the topic has one. */
  readonly id?: Id
}

/** `{prefix}/{agent}/…` for a message. */
export function topicOf(prefix: string, parts: TopicParts): string {
  const path = MESSAGES[parts.name].path.replace(/\{(camera|id)\}/, parts.id ?? '')
  return `${prefix}/${parts.agent}/${path}`
}

/** What the bridge's agents subscribe to: everything that a bridge may send them. */
export function downTopics(prefix: string, agent: Id): string[] {
  return [`${prefix}/${agent}/cmd/+`, `${prefix}/${agent}/ack`, `${prefix}/${agent}/grant`]
}

const PATHS = Object.entries(MESSAGES).map(([name, kind]) => ({
  name: name as MessageName,
  levels: kind.path.split('/'),
}))

/** The parts of a topic, or undefined for anything that is not exactly one of ours. */
export function parseTopic(prefix: string, topic: string): TopicParts | undefined {
  if (!topic.startsWith(`${prefix}/`)) return undefined
  const [agent = '', ...levels] = topic.slice(prefix.length + 1).split('/')
  if (!Id.safeParse(agent).success) return undefined
  for (const path of PATHS) {
    if (path.levels.length !== levels.length) continue
    const ids = levels.filter((_, i) => path.levels[i]?.startsWith('{'))
    const same = levels.every((level, i) => path.levels[i]?.startsWith('{') || path.levels[i] === level)
    if (!same || ids.some((id) => !Id.safeParse(id).success)) continue
    return ids[0] === undefined ? { agent, name: path.name } : { agent, name: path.name, id: ids[0] }
  }
  return undefined
}
