import type { FaultName } from '../../faults/fault.ts'
import type { AnswerRule } from './rule.ts'

const CREATED = ['CreatePullPointSubscription', 'Subscribe']
const TIMED = [...CREATED, 'PullMessages', 'Renew']
const ADDRESS = /(<wsa:Address>http:\/\/)([^:/]+):(\d+)/

/** How a camera tells its events and subscriptions wrongly. */
export const EVENTS: Partial<Record<FaultName, AnswerRule>> = {
  'event-times-odd': {
    operations: TIMED,
    change: (text) => text.replace(/(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/g, '$1-$2'),
  },
  'event-no-times': {
    operations: TIMED,
    change: (text) => text.replace(/<(wsnt|tev):(CurrentTime|TerminationTime)>.*?<\/\1:\2>/g, ''),
  },
  'event-empty-message': {
    operations: ['PullMessages'],
    change: (text) =>
      text.replace(/<wsnt:NotificationMessage>.*?<\/wsnt:NotificationMessage>/g, '<wsnt:NotificationMessage/>'),
  },
  'event-unknown-topic': {
    operations: ['PullMessages'],
    change: (text) => text.replace(/(<wsnt:Topic [^>]*>)[^<]*/g, '$1tns1:Unheard/Of/Topic'),
  },
  'subscription-wrong-host': { operations: CREATED, change: (text) => text.replace(ADDRESS, '$1192.0.2.1:$3') },
  'subscription-dead-port': { operations: CREATED, change: (text) => text.replace(ADDRESS, '$1$2:9') },
}
