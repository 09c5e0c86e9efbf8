import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, openDatabase } from '../base/database.ts'
import { LenscapError } from '../base/errors.ts'
import type { AgentConfig } from '../config/schema.ts'
import { CONSENT_TABLES } from '../consent/consent.ts'
import { EVENTS_TABLES } from '../events/heard.ts'
import { INVENTORY_TABLES } from '../inventory/tables.ts'

/** Where everything of this box lies. */
export function statePaths(config: AgentConfig) {
  const inState = (name: string) => join(config.stateDir, name)
  return {
    state: inState('state.db'),
    spool: inState('spool.db'),
    egress: inState('egress.db'),
    media: inState('media'),
    hooks: inState('hooks.d'),
    lock: inState('running.lock'),
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

/** The box's own records: the grant held, the cameras known, when each was heard. The list of steps only grows. */
export const openStateDatabase = (path: string): Database =>
  openDatabase(path, [CONSENT_TABLES, INVENTORY_TABLES, EVENTS_TABLES])
