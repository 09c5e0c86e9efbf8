import type { Database } from '../base/database.ts'
import { LenscapError } from '../base/errors.ts'
import { controlPath } from '../commands/control.ts'
import { askAgent } from '../commands/control-client.ts'
import { loadConfig } from '../config/load.ts'
import { HealthStore } from '../health/store.ts'
import { AbsenceStore } from '../inventory/absence.ts'
import { type ForgottenReason, InventoryStore } from '../inventory/store.ts'
import { Id } from '../protocol/envelope.ts'
import type { ForgottenCameras } from '../transport/forgotten.ts'
import { agentThere } from './agent-there.ts'
import { knownCameras } from './inspect.ts'
import { EXIT, type Output } from './output.ts'
import { openExistingState } from './state.ts'

/** Takes a camera out of the box's records. @throws LenscapError `invalid` where there is none with that id */
export function forgetIn(db: Database, camera: Id, reason: ForgottenReason): void {
  const gone = new InventoryStore(db).forget(camera, reason)
  if (gone === 'unknown') throw noSuch(camera)
  new HealthStore(db).forget(camera)
  new AbsenceStore(db).forget(camera)
}

/** Cameras whose retained messages the broker has to let go of. */
export function forgottenIn(db: Database): ForgottenCameras {
  const store = new InventoryStore(db)
  return { cameras: () => store.forgotten().map(({ camera }) => camera), told: (camera) => store.told(camera) }
}

const noSuch = (camera: string) =>
  new LenscapError('invalid', `There is no camera "${camera}": "lenscap-agent cameras" shows them all`)

/** `cameras forget`: by the running agent, which begins anew without it; or in the records, where none runs. */
export async function forgetCamera(
  configPath: string,
  camera: string,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const config = await loadConfig(configPath)
  const known = knownCameras(config).find((each) => each.camera === camera)
  if (!known || !Id.safeParse(camera).success) throw noSuch(camera)
  const there = await agentThere(config.stateDir)
  if (there === 'mute') throw new LenscapError('refused', 'The agent belongs to another user: run this as that user')
  if (there === 'none') forgetOffline(config, camera)
  else for await (const _ of askAgent(controlPath(config.stateDir), { ask: 'forget', camera }, signal));
  output.answer({ forgotten: camera }, () =>
    [
      `Forgot ${known.name} at ${known.address}.`,
      'If it still answers, it is found again, as a new camera; discovery.only keeps it out.',
    ].join('\n'),
  )
  return EXIT.done
}

function forgetOffline(config: { readonly stateDir: string }, camera: Id): void {
  const db = openExistingState(config)
  try {
    if (db) forgetIn(db, camera, 'by-hand')
  } finally {
    db?.close()
  }
}
