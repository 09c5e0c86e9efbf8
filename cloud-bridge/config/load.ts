import { parse } from 'yaml'
import { describeError, LenscapError } from '../../agent/base/errors.ts'
import { readConfiguration } from '../../agent/base/files.ts'
import { BridgeOptions } from './options.ts'

/**
 * The options of the command line over those of the file, if there is one.
 * @throws LenscapError `invalid`, naming what is wrong and where
 */
export async function loadOptions(flags: Readonly<Record<string, unknown>>, file?: string): Promise<BridgeOptions> {
  const fromFile = file === undefined ? {} : await readSettings(file)
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined))
  const result = BridgeOptions.safeParse({ ...fromFile, ...given })
  if (result.success) return result.data
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'the options'}: ${issue.message}`)
  throw new LenscapError('invalid', faults.join('\n'))
}

async function readSettings(file: string): Promise<object> {
  const text = await readConfiguration(file)
  try {
    const settings: unknown = parse(text) ?? {}
    if (typeof settings === 'object' && settings !== null) return settings
  } catch (cause) {
    throw new LenscapError('invalid', `${file} is not YAML: ${describeError(cause).split('\n')[0]}`, {}, cause)
  }
  throw new LenscapError('invalid', `${file} must hold names with values, as in "httpPort: 8080"`)
}
