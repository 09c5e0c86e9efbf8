import type { Xml } from './xml.ts'

/** What a device said happened, in its own words (Core 9.4). */
export interface Notification {
  readonly topic: string
  readonly operation: 'initialized' | 'changed' | 'deleted' | undefined
  /** As the device wrote it. */
  readonly cameraTime: string
  readonly source: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, string>>
}

const ITEMS_MAX = 32

/** The notifications in a PullMessagesResponse; empty ones, which some devices send to say "nothing", are left out. */
export function notificationsIn(reply: Xml): Notification[] {
  return reply.all('NotificationMessage').flatMap((each) => {
    const topic = each.textOf('Topic').trim().slice(0, 512)
    if (topic === '') return []
    const message = each.one('Message', 'Message')
    const operation = message?.attribute('PropertyOperation')?.trim().toLowerCase()
    return [
      {
        topic,
        operation: OPERATIONS.find((known) => known === operation),
        cameraTime: (message?.attribute('UtcTime') ?? '').slice(0, 64),
        source: itemsIn(message?.one('Source')),
        data: { ...itemsIn(message?.one('Key')), ...itemsIn(message?.one('Data')) },
      },
    ]
  })
}

const OPERATIONS = ['initialized', 'changed', 'deleted'] as const

function itemsIn(list: Xml | undefined): Record<string, string> {
  const items = (list?.all('SimpleItem') ?? []).slice(0, ITEMS_MAX)
  return Object.fromEntries(
    items.map((item) => [(item.attribute('Name') ?? '').slice(0, 128), (item.attribute('Value') ?? '').slice(0, 256)]),
  )
}
