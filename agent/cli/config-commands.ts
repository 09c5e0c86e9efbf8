import { stringify } from 'yaml'
import { ConfigError, loadConfig } from '../config/load.ts'
import { EXIT, type Output, wrapped } from './output.ts'
import { loadChecked } from './places.ts'

/** `config check`: every fault that can be told in one go, with its place. */
export async function checkConfig(path: string, output: Output): Promise<number> {
  try {
    const config = await loadChecked(path)
    const where = config.bridge ?? config.mqtt.url
    output.answer({ ok: true, faults: [] }, () =>
      wrapped(`${path} is in order, for ${where}`, output.width ?? Number.POSITIVE_INFINITY, '  '),
    )
    return EXIT.done
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { faults, message } = error
    output.answer({ ok: false, faults }, () => `${message}\n${faults.length} to mend; "config schema" tells every key.`)
    return EXIT.wrongUse
  }
}

/** `config show`: what counts, defaults included. Passwords are not in it: it names files. */
export async function showConfig(path: string, output: Output): Promise<number> {
  const config = await loadConfig(path)
  output.answer(config, () => stringify(config).trimEnd())
  return EXIT.done
}
