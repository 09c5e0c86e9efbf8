import { escapeXml } from '../discovery/xml.ts'
import type { EventShape, Profile } from '../profiles/profile.ts'
import { dateTime, ofChannel } from './facts.ts'

/** Something that a camera tells its subscribers. */
export interface EventMessage {
  readonly shape: EventShape
  readonly channel: number
  readonly active: boolean
  readonly cameraTimeMs: number
  readonly operation: 'Initialized' | 'Changed'
}

const CONCRETE = 'http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet'

/** wsnt:NotificationMessage (ONVIF Core 9.4). */
export function notificationMessage(profile: Profile, message: EventMessage): string {
  const { shape, channel, active } = message
  const item = (name: string, value: string) => `<tt:SimpleItem Name="${name}" Value="${escapeXml(value)}"/>`
  const source = shape.source.map(([name, value]) => item(name, fill(profile, value, channel))).join('')
  return (
    `<wsnt:NotificationMessage><wsnt:Topic Dialect="${CONCRETE}">${shape.topic}</wsnt:Topic><wsnt:Message>` +
    `<tt:Message UtcTime="${dateTime(message.cameraTimeMs, profile.eventTimeDigits)}" PropertyOperation="${message.operation}"><tt:Source>${source}</tt:Source>` +
    `<tt:Data>${item(shape.data.name, active ? shape.data.on : shape.data.off)}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`
  )
}

function fill(profile: Profile, template: string, channel: number): string {
  const { source, config } = profile.tokens
  return ofChannel(template.replaceAll('{source}', source).replaceAll('{config}', config), channel)
}

interface TopicNode {
  readonly children: Map<string, TopicNode>
  shape?: EventShape
}

/** wstop:TopicSet: the topics as a tree of elements, each leaf with its message's description (ONVIF Core 9.5). */
export function topicSet(profile: Profile): string {
  const root: TopicNode = { children: new Map() }
  for (const shape of profile.events) {
    let node = root
    for (const step of shape.topic.split('/')) {
      const next = node.children.get(step) ?? { children: new Map() }
      node.children.set(step, next)
      node = next
    }
    node.shape = shape
  }
  return `<wstop:TopicSet>${renderTopics(root)}</wstop:TopicSet>`
}

function renderTopics(node: TopicNode): string {
  return [...node.children]
    .map(([name, inner]) => {
      const topic = inner.shape ? ' wstop:topic="true"' : ''
      return `<${name}${topic}>${inner.shape ? description(inner.shape) : ''}${renderTopics(inner)}</${name}>`
    })
    .join('')
}

function description(shape: EventShape): string {
  const item = (name: string, type: string) => `<tt:SimpleItemDescription Name="${name}" Type="${type}"/>`
  const source = shape.source
    .map(([name]) => item(name, name.endsWith('Token') ? 'tt:ReferenceToken' : 'xs:string'))
    .join('')
  return (
    `<tt:MessageDescription IsProperty="true"><tt:Source>${source}</tt:Source>` +
    `<tt:Data>${item(shape.data.name, 'xs:boolean')}</tt:Data></tt:MessageDescription>`
  )
}
