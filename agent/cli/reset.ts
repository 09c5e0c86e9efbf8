import { existsSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { holdLock } from '../base/database.ts'
import { LenscapError } from '../base/errors.ts'
import { silentLogger } from '../base/logger.ts'
import { controlPath } from '../commands/control.ts'
import { askAgent } from '../commands/control-client.ts'
import { wipe } from '../commands/wipe.ts'
import { loadConfig } from '../config/load.ts'
import { tellFactoryReset } from './box-hooks.ts'
import { EXIT, type Output } from './output.ts'
import type { Questions } from './questions.ts'
import { runningState } from './running.ts'
import { statePaths } from './state.ts'

const WHAT = 'identity and claim, grants, cameras, stored credentials, waiting messages, media, and the ledger'

/** `reset`: wipes the box, after asking; a running agent does it itself, and begins anew. */
export async function resetBox(
  configPath: string,
  sure: boolean,
  questions: Questions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { stateDir, lock } = await loadConfig(configPath).then((config) => ({ ...config, ...statePaths(config) }))
  if (!existsSync(stateDir)) {
    output.answer({ reset: false }, () => `There is nothing to wipe: ${stateDir} is not there`)
    return EXIT.done
  }
  if (!sure) {
    const said = await questions.ask(`This removes ${WHAT}\nin ${stateDir}. It can't be undone. Type "wipe" to go on`)
    if (said !== 'wipe') throw new LenscapError('invalid', 'Nothing was removed')
  }
  if (await runningState(stateDir)) {
    for await (const _begun of askAgent(controlPath(stateDir), { ask: 'reset' }, signal));
  } else {
    using _alone = holdLock(lock, 'An agent runs here that does not answer: stop it, then try again')
    await wipe(stateDir)
    await tellFactoryReset({ config: { stateDir }, configPath, clock: systemClock, logger: silentLogger, signal })
  }
  const advice = 'hooks, the cap and the configuration stay. Remove the box in the console as well'
  output.answer({ reset: true }, () => `Wiped; ${advice}`)
  return EXIT.done
}
