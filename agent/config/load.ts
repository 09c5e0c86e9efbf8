import { readFile } from 'node:fs/promises'
import { isNode, LineCounter, parseDocument } from 'yaml'
import { LenscapError } from '../base/errors.ts'
import { type Credential, Secret } from '../base/secret.ts'
import { AgentConfig } from './schema.ts'

const CONFIG_BYTES_MAX = 1_048_576

/** Reads and checks the configuration file. @throws LenscapError `invalid`, naming the line and what to write instead */
export async function loadConfig(path: string): Promise<AgentConfig> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new LenscapError(
      'invalid',
      `Can't read the configuration ${path}: check the path and its permissions`,
      {},
      cause,
    )
  }
  return parseConfig(text, path)
}

/** The same for a text that is already here; `name` is what errors call it. */
export function parseConfig(text: string, name: string): AgentConfig {
  if (text.length > CONFIG_BYTES_MAX) throw new LenscapError('invalid', `${name} is larger than 1 MiB`)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [syntax] = document.errors
  if (syntax)
    throw new LenscapError(
      'invalid',
      `${name}, line ${lines.linePos(syntax.pos[0]).line}: ${syntax.message.split('\n')[0]}`,
    )
  const result = AgentConfig.safeParse(document.toJS() ?? {})
  if (result.success) return result.data
  const faults = result.error.issues.map((issue) => {
    // An unknown key is reported at its parent; the line of the key itself helps more.
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path
    return `${name}, line ${lineOf(path)}: ${path.join('.') || 'the file'}: ${issue.message}`
  })
  throw new LenscapError('invalid', faults.join('\n'))

  /** The line of the deepest part of the path that the file has. */
  function lineOf(path: readonly PropertyKey[]): number {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const node = document.getIn(path.slice(0, depth), true)
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
    }
    return 1
  }
}

/** Reads the passwords that the configuration names. @throws LenscapError `invalid` for a file that can't be read or is empty */
export async function readCredentials(config: AgentConfig): Promise<Credential[]> {
  return await Promise.all(
    config.credentials.map(async ({ username, passwordFile }) => ({
      username,
      password: await readPassword(passwordFile),
    })),
  )
}

/** The password in a file, without the line break at its end. @throws LenscapError `invalid` where there is none */
export async function readPassword(path: string): Promise<Secret> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const advice = 'check the path and its permissions'
    throw new LenscapError('invalid', `Can't read the password file ${path}: ${advice}`, {}, cause)
  })
  const password = text.replace(/\r?\n$/, '')
  if (password === '') throw new LenscapError('invalid', `The password file ${path} is empty`)
  return new Secret(password)
}
