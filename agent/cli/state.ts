import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stateBallast } from '../base/ballast.ts'
import { type Database, openDatabase, readDatabase } from '../base/database.ts'
import { LenscapError } from '../base/errors.ts'
import type { AgentConfig } from '../config/schema.ts'
import { CONSENT_TABLES } from '../consent/consent.ts'
import { LATEST_TIME_TABLES } from '../consent/latest-time.ts'
import { REFUSALS_TABLES } from '../credentials/refusal-log.ts'
import { EVENTS_TABLES } from '../events/heard.ts'
import { HEALTH_TABLES } from '../health/store.ts'
import { ABSENCE_TABLES, FORGOTTEN_TABLES, INVENTORY_TABLES } from '../inventory/tables.ts'
import { TRUST_TABLES } from '../inventory/trust-store.ts'
import { LOGS_TABLES } from '../logs/store.ts'

/** Where everything of this box lies. */
export function statePaths(config: Pick<AgentConfig, 'stateDir'>) {
  const inState = (name: string) => join(config.stateDir, name)
  return {
    state: inState('state.db'),
    spool: inState('spool.db'),
    egress: inState('egress.db'),
    media: inState('media'),
    hooks: inState('hooks.d'),
    lock: inState('lock.db'),
  }
}

/** Makes the state folder, for the agent's user alone. @throws LenscapError `storage` saying what to do */
export function makeStateDir(config: AgentConfig): void {
  try {
    mkdirSync(config.stateDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const advice = 'make it, give it to the agent, or set stateDir in the configuration'
    throw new LenscapError('storage', `Can't use the state folder ${config.stateDir}: ${advice}`, {}, cause)
  }
}

/** The list of steps only grows. */
const STATE_MIGRATIONS = [
  CONSENT_TABLES,
  INVENTORY_TABLES,
  HEALTH_TABLES,
  EVENTS_TABLES,
  REFUSALS_TABLES,
  TRUST_TABLES,
  LOGS_TABLES,
  FORGOTTEN_TABLES,
  ABSENCE_TABLES,
  LATEST_TIME_TABLES,
]

/** The box's own records: the grant held, the cameras known, how they are and when they were heard. */
export const openStateDatabase = (path: string): Database =>
  stateBallast(dirname(path)).withRoom(
    () => undefined,
    () => openDatabase(path, STATE_MIGRATIONS),
  )

/** The same for a command that changes a record of it beside a running agent; undefined where no agent has run yet. */
export function openExistingState(config: Pick<AgentConfig, 'stateDir'>): Database | undefined {
  const { state } = statePaths(config)
  return existsSync(state) ? openStateDatabase(state) : undefined
}

/** The same, only to look at; undefined where no agent has run yet. */
export const readStateDatabase = (path: string): Database | undefined => readDatabase(path, STATE_MIGRATIONS)
