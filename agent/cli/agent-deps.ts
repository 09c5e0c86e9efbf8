import type { HookCall } from '../../firmware-hooks/hooks/hook-event.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { CredentialBook } from '../credentials/book.ts'
import type { BrokerAccess } from '../transport/connection.ts'
import type { Claimed } from '../transport/identity.ts'
import type { Overview } from './overview.ts'

/** What the outside may hear of a running agent: counts, never content. */
export interface AgentReport {
  readonly onConnected: (connected: boolean) => void
  /** The owner, or the bridge for them, wants all of it gone: the agent can be stopped now. */
  readonly onReset: () => void
  /** Cameras were taken out of the records: the agent is to begin anew without them. */
  readonly onForgotten: () => void
  /** Media that left, ever, by the ledger. */
  readonly onSent: (totals: { readonly bytes: number; readonly items: number }) => void
  readonly hook: (call: HookCall) => void
}

export interface AgentDeps {
  readonly config: AgentConfig
  readonly credentials: CredentialBook
  readonly identity: Claimed
  readonly broker: BrokerAccess
  readonly settledBy: 'bridge' | 'broker'
  readonly overview: Overview
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly report: AgentReport
}
