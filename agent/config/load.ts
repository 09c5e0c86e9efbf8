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
      `${name}, line ${lines.linePos(syntax.pos[0]).line}: ${SYNTAX[syntax.code] ?? 'is no YAML: put quotes around a value with special characters'}`,
    )
  const result = AgentConfig.safeParse(contentOf(document, name))
  if (result.success) return result.data
  const faults = result.error.issues.map((issue) => {
    // An unknown key is reported at its parent; the line of the key itself helps more.
    const unknown = issue.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : undefined
    const path = unknown === undefined ? issue.path : [...issue.path, unknown]
    // A password without its space or quotes looks like a key to the parser.
    const isShown = unknown === undefined || issue.path[0] !== 'credentials'
    const said = unknown === undefined ? issue.message : 'there is no such key'
    return `${name}, line ${lineOf(path)}: ${(isShown ? path : issue.path).join('.') || 'the file'}: ${said}`
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

/** @throws LenscapError `invalid` where an alias leads nowhere, without its name */
function contentOf(document: { toJS(): unknown }, name: string): unknown {
  try {
    return document.toJS() ?? {}
  } catch {
    throw new LenscapError('invalid', `${name}: a value that begins with * or & needs quotes`)
  }
}

/** By the parser's codes, in words of our own: its own quote what it read, and that may be a password without its quotes. */
const SYNTAX: Readonly<Record<string, string>> = {
  BAD_INDENT: 'is indented wrongly',
  BAD_ALIAS: 'a value that begins with * or & needs quotes',
  BAD_DQ_ESCAPE: 'a backslash between double quotes begins an escape: use single quotes',
  BAD_SCALAR_START: 'a value that begins with such a character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'has two keys on one line: a value that holds ": " needs quotes',
  DUPLICATE_KEY: 'has this key a second time',
  MISSING_CHAR: 'a closing quote, bracket or comma is missing',
  MULTIPLE_DOCS: 'a second document begins: the file is one',
  TAB_AS_INDENT: 'is indented by tabs: use spaces',
}

/** A user and password of the configuration file, and what they are meant for. */
export interface ConfiguredSet extends Credential {
  /** `config-1` and on. */
  readonly id: string
  readonly for: readonly string[]
}

/** The sets that the configuration names, in its order. @throws LenscapError `invalid` for a file that can't be read or is empty */
export async function readCredentials(config: Pick<AgentConfig, 'credentials'>): Promise<ConfiguredSet[]> {
  return await Promise.all(
    config.credentials.map(async ({ username, password, passwordFile = '', for: patterns }, i) => ({
      id: `config-${i + 1}`,
      username,
      password: password ?? (await readPassword(passwordFile)),
      for: patterns,
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
