import type { Database } from '../base/database.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { CredentialBook } from '../credentials/book.ts'
import { Consumer } from '../events/consumer.ts'
import { Heard } from '../events/heard.ts'
import { LogMarks } from '../logs/store.ts'
import type { DeviceWatchDeps } from './device-watch.ts'
import type { Journal } from './journal.ts'

interface WordsDeps {
  readonly config: Pick<AgentConfig, 'events' | 'logs'>
  readonly db: Database
  /** What is opened is closed with it. */
  readonly stack: DisposableStack
  readonly journal: Pick<Journal, 'tell'>
  /** What no line of a log may hold. */
  readonly credentials: Pick<CredentialBook, 'sets'>
}

/** By what the watch hears devices: what was heard before, where they may post, and how their logs are read. */
export function wordsOf(deps: WordsDeps): Pick<DeviceWatchDeps, 'heard' | 'consumer' | 'logs'> {
  const { config, db, stack, journal, credentials } = deps
  const { events, logs } = config
  return {
    heard: stack.use(new Heard(db)),
    consumer: events.push ? stack.use(new Consumer(events.pushPort)) : undefined,
    logs: logs.enabled
      ? {
          intervalMs: logs.intervalS * 1000,
          marks: new LogMarks(db),
          secrets: () => credentials.sets().map(({ password }) => password.reveal()),
          onLines: ({ camera }, lines) => journal.tell({ name: 'camera-log', id: camera, body: { lines: [...lines] } }),
        }
      : undefined,
  }
}
