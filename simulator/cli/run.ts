import { startControl } from '../control/server.ts'
import { startFleet } from '../fleet/index.ts'
import { readScenario, recordingFile, Stage } from '../scenario/index.ts'
import { chooseFleet, choosePassword, readText } from './choice.ts'
import { EXIT_DONE, EXIT_PARTLY } from './exit-codes.ts'
import { happenedLine, overLine, readyJson, readyText, troubleLine } from './report.ts'
import type { RunOptions } from './run-command.ts'
import type { Terminal } from './terminal.ts'

const EXIT_INTERRUPTED = 130

/**
 * Runs a fleet until SIGINT, SIGTERM or, with `--once`, the scenario's end; a second signal ends it at once. Gives the exit
 * code. `isGiven`: whether an option is the user's word, and not its default.
 */
export async function run(
  options: RunOptions,
  isGiven: (option: keyof RunOptions) => boolean,
  terminal: Terminal,
): Promise<number> {
  const stop = new AbortController()
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED)
    if (!options.json) terminal.write('Stopping ...\n')
    stop.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    return await runUntil(stop.signal, options, isGiven, terminal)
  } catch (error) {
    if (error === stop.signal.reason) return EXIT_DONE
    throw error
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

async function runUntil(
  signal: AbortSignal,
  options: RunOptions,
  isGiven: (option: keyof RunOptions) => boolean,
  terminal: Terminal,
): Promise<number> {
  const { scenario, record, controlPort, user, json } = options
  if (options.once && scenario === undefined) throw new RangeError('--once needs --scenario: it says when to end')
  const script = scenario === undefined ? undefined : readScenario(await readText(scenario), scenario)
  const password = await choosePassword(options)
  const chosen = await chooseFleet(options, isGiven, script)
  await using fleet = await startFleet({ ...chosen, user, password: password.text, signal })
  await using stage = new Stage(
    fleet,
    (happened) => terminal.write(happenedLine(happened, json)),
    (trouble) => terminal.writeError(troubleLine(trouble, json)),
  )
  const begin = script && stage.prepare(script, scenario ?? '')
  if (record !== undefined) stage.record(await recordingFile(record), record)
  await using control = controlPort === undefined ? undefined : await startControl(fleet, controlPort, stage)
  const facts = { fleet, stage, controlPort: control?.port, scenario, user, password }
  terminal.write(json ? readyJson(facts) : readyText(facts))
  begin?.()
  if (script) void stage.over.then(() => terminal.write(overLine(stage.scenario, json)))
  await Promise.race([aborted(signal), ...(options.once ? [stage.over] : [])])
  await stage[Symbol.asyncDispose]()
  const hasFailed = stage.scenario.state !== 'none' && stage.scenario.failed > 0
  return hasFailed || stage.recording?.trouble !== undefined ? EXIT_PARTLY : EXIT_DONE
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
