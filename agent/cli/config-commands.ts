import { stringify } from 'yaml'
import { loadConfig } from '../config/load.ts'
import { EXIT, type Output } from './output.ts'
import { checkPlaces } from './places.ts'

/** `config check`. @throws LenscapError `invalid`, naming the line of each fault */
export async function checkConfig(path: string, output: Output): Promise<number> {
  const config = await loadConfig(path)
  checkPlaces(config)
  const where = config.bridge ?? config.mqtt.url
  output.answer({ ok: true }, () => `${path} is in order, for ${where}`)
  return EXIT.done
}

/** `config show`: what counts, defaults included. Passwords are not in it: it names files. */
export async function showConfig(path: string, output: Output): Promise<number> {
  const config = await loadConfig(path)
  output.answer(config, () => stringify(config).trimEnd())
  return EXIT.done
}
