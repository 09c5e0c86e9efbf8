import type { EventKind } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'

/** Kinds of events that become a binary sensor of their own. */
export const SENSOR_KINDS = ['motion', 'person', 'vehicle'] as const satisfies readonly EventKind[]
export type SensorKind = (typeof SENSOR_KINDS)[number]

export const isSensorKind = (kind: EventKind): kind is SensorKind => SENSOR_KINDS.some((each) => each === kind)

/** Below this everything lies that Home Assistant reads, but for the discovery itself. */
const TOP = 'lenscap/homeassistant'

/** `online` or `offline`, retained; also the will. */
export const agentTopic = (agent: Id): string => `${TOP}/${agent}/status`

/** Home Assistant's own birth and will. */
export const birthTopic = (discoveryPrefix: string): string => `${discoveryPrefix}/status`

/** The topics of one camera. */
export function cameraTopics(discoveryPrefix: string, agent: Id, camera: Id) {
  const top = `${TOP}/${agent}/${camera}`
  return {
    config: `${discoveryPrefix}/device/lenscap_${camera}/config`,
    online: `${top}/online`,
    diagnosis: `${top}/diagnosis`,
    details: `${top}/details`,
    /** Never retained: a broker keeps no picture. */
    snapshot: `${top}/snapshot`,
    sensor: (kind: SensorKind) => `${top}/${kind}`,
  }
}

/** Those of a camera that are retained, and so have to be cleared when it goes. */
export function retainedTopics(discoveryPrefix: string, agent: Id, camera: Id): string[] {
  const topics = cameraTopics(discoveryPrefix, agent, camera)
  // The device first: its entities are gone before their states are.
  return [topics.config, topics.online, topics.diagnosis, topics.details, ...SENSOR_KINDS.map(topics.sensor)]
}
