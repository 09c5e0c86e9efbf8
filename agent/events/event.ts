import type { Notification } from '../onvif/notification.ts'
import type { EventFacts } from '../protocol/camera.ts'
import { activeIn, kindOf, sourceTokenIn } from './kinds.ts'

/** An event of a device; which of its cameras it is about, the source token says. */
export interface DeviceEvent extends EventFacts {
  readonly sourceToken?: string
}

/**
 * The event in a notification. None in a property's initial state unless it lasts right now: every subscription starts with
 * a list of all that does not happen.
 */
export function eventOf({ topic, operation, cameraTime, source, data }: Notification): DeviceEvent | undefined {
  const active = activeIn(data)
  if (operation === 'deleted' || (operation === 'initialized' && active !== true)) return undefined
  const sourceToken = sourceTokenIn(source)
  return {
    kind: kindOf(topic, data),
    topic,
    source,
    data,
    ...(active === undefined ? {} : { active }),
    ...(cameraTime === '' ? {} : { cameraTime }),
    ...(sourceToken === undefined ? {} : { sourceToken }),
  }
}

/** Between these two times something may have been missed. UTC, milliseconds. */
export function gapEvent(fromMs: number, untilMs: number): DeviceEvent {
  const data = { from: new Date(fromMs).toISOString(), until: new Date(untilMs).toISOString() }
  return { kind: 'gap', topic: 'lenscap/gap', source: {}, data }
}
