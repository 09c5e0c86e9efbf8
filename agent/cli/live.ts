import type { Consent } from '../consent/consent.ts'
import type { Egress } from '../egress/egress.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { MediaKeeper } from '../media/keeper.ts'
import { LiveStreams } from '../media/live-streams.ts'
import { recordingOf } from '../media/recording.ts'
import type { AgentDeps } from './agent-deps.ts'
import type { Journal } from './journal.ts'
import { liveAccess } from './live-access.ts'
import { LiveSessions } from './live-sessions.ts'

interface LiveDeps extends Pick<AgentDeps, 'clock' | 'random' | 'logger' | 'signal' | 'identity' | 'config'> {
  readonly consent: Consent
  readonly inventory: Inventory
  readonly media: MediaKeeper
  readonly egress: Egress
  readonly journal: Journal
}

/** Live view, put together of its rooms: a camera's streams, and the connections that carry them. */
export function liveSessions(deps: LiveDeps): LiveSessions {
  const { consent, inventory, media, egress, journal, identity, config, logger } = deps
  const streams = new LiveStreams({
    ...deps,
    stream: recordingOf(config.media).stream,
    recorderOf: (camera) => media.recorderOf(camera),
    refuses: (grant, access) => media.refuses(grant, access),
    onTrouble: (grant, access, error) => media.note(grant, access, error),
  })
  return new LiveSessions({
    ...{ ...deps, streams, egress, consent, logger },
    target: { bridgeUrl: identity.bridgeUrl, agent: identity.agent, token: identity.token },
    access: (camera) => (inventory.camera(camera) ? liveAccess(camera, inventory) : undefined),
    onActivity: (message, camera) => journal.activity('live-view', message, camera),
  })
}
