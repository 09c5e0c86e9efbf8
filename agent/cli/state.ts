import { existsSync, mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { stateBallast } from '../base/ballast.ts'
import type { Clock } from '../base/clock.ts'
import { type Database, openDatabase, openOrReplaceDatabase, readDatabase } from '../base/database.ts'
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
import type { Journal } from './journal.ts'

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

/**
 * The same for the agent itself. Records that are damaged are set aside, since a box that never starts again helps nobody:
 * its cameras are new to it then, and nothing is allowed of them.
 */
export function openOwnState(path: string, clock: Pick<Clock, 'nowMs'>, journal: Pick<Journal, 'activity'>): Database {
  const { db, setAside } = stateBallast(dirname(path)).withRoom(
    () => undefined,
    () => openOrReplaceDatabase(path, STATE_MIGRATIONS, clock.nowMs()),
  )
  if (setAside !== undefined) {
    const after = 'its cameras are found anew, with every switch off'
    journal.activity('other', `The records of this box were damaged, and set aside as ${basename(setAside)}: ${after}`)
  }
  return db
}

/** The same for a command that changes a record of it beside a running agent; undefined where no agent has run yet. */
export function openExistingState(config: Pick<AgentConfig, 'stateDir'>): Database | undefined {
  const { state } = statePaths(config)
  return existsSync(state) ? openStateDatabase(state) : undefined
}

/** The same, only to look at; undefined where no agent has run yet. */
export const readStateDatabase = (path: string): Database | undefined => readDatabase(path, STATE_MIGRATIONS)
