import { readFile } from 'node:fs/promises'
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { LenscapError } from '../base/errors.ts'
import { readConfiguration } from '../base/files.ts'
import { type Credential, Secret } from '../base/secret.ts'
import { AgentConfig } from './schema.ts'

const CONFIG_BYTES_MAX = 1_048_576
const FAULTS_MAX = 20

type Issue = z.core.$ZodIssue

/** One thing that is wrong with a configuration file. */
export interface ConfigFault {
  /** Counted from 1; the nearest place that the file has. */
  readonly line: number
  readonly column: number
  /** The key, its levels joined by dots; empty where it is about the file. */
  readonly key: string
  readonly message: string
}

/** Everything that is wrong with a file, each with its place. */
export class ConfigError extends LenscapError {
  readonly faults: readonly ConfigFault[]

  constructor(name: string, faults: readonly ConfigFault[]) {
    super('invalid', faults.map((fault) => textOf(name, fault)).join('\n'))
    this.faults = faults
  }
}

function textOf(name: string, { line, column, key, message }: ConfigFault): string {
  return `${name}, line ${line}, column ${column}: ${key === '' ? '' : `${key}: `}${message}`
}

/** What other rooms have to say against a configuration that the schema lets pass. */
export type FaultFinder = (config: AgentConfig) => readonly { readonly path: PropertyKey[]; readonly message: string }[]

/**
 * Reads and checks the configuration file.
 * @throws LenscapError `invalid` where it can't be read; `ConfigError` naming line, column and what to write instead
 */
export async function loadConfig(path: string, moreFaults?: FaultFinder): Promise<AgentConfig> {
  return parseConfig(await readConfiguration(path), path, moreFaults)
}

/** The same for a text that is already here; `name` is what errors call it. */
export function parseConfig(text: string, name: string, moreFaults: FaultFinder = () => []): AgentConfig {
  if (text.length > CONFIG_BYTES_MAX) throw new LenscapError('invalid', `${name} is larger than 1 MiB`)
  const lines = new LineCounter()
  // Its warnings would quote what it read, on standard error.
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error' })
  const syntax = document.errors.slice(0, FAULTS_MAX).map(({ code, pos }) => {
    return { ...placeAt(pos[0]), key: '', message: SYNTAX[code] ?? NO_YAML }
  })
  if (syntax.length > 0) throw new ConfigError(name, onePerLine(syntax))
  const result = AgentConfig.safeParse(contentOf(document, name))
  const faults = result.success ? moreFaults(result.data).map(faultAt) : result.error.issues.map(faultOf)
  if (faults.length > 0) throw new ConfigError(name, inOrder(faults).slice(0, FAULTS_MAX))
  if (result.success) return result.data
  throw new ConfigError(name, [{ line: 1, column: 1, key: '', message: NO_YAML }])

  function placeAt(offset: number): Pick<ConfigFault, 'line' | 'column'> {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  function faultOf(issue: Issue): ConfigFault {
    // An unknown key is reported at its parent; the place of the key itself helps more.
    const unknown = issue.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : undefined
    if (unknown === undefined) return faultAt(issue)
    // A password without its space or quotes looks like a key to the parser.
    const shown = issue.path[0] === 'credentials' ? issue.path : [...issue.path, unknown]
    return { ...keyPlace(issue.path, unknown), key: shown.join('.'), message: 'there is no such key' }
  }

  function faultAt({ path, message }: { readonly path: PropertyKey[]; readonly message: string }): ConfigFault {
    return { ...placeOf(path), key: path.join('.') || 'the file', message }
  }

  function keyPlace(path: readonly PropertyKey[], key: string): Pick<ConfigFault, 'line' | 'column'> {
    const parent = path.length > 0 ? document.getIn(path, true) : document.contents
    const pair = isMap(parent)
      ? parent.items.find((each) => isScalar(each.key) && String(each.key.value) === key)
      : undefined
    return pair && isScalar(pair.key) && pair.key.range ? placeAt(pair.key.range[0]) : placeOf(path)
  }

  /** The deepest part of the path that the file has. */
  function placeOf(path: readonly PropertyKey[]): Pick<ConfigFault, 'line' | 'column'> {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const node = document.getIn(path.slice(0, depth), true)
      if (isNode(node) && node.range) return placeAt(node.range[0])
    }
    return { line: 1, column: 1 }
  }
}

/** One mistake makes the parser stumble several times: the first of each line is the one to mend. */
function onePerLine(faults: readonly ConfigFault[]): ConfigFault[] {
  const lines = new Map<number, ConfigFault>()
  for (const fault of inOrder(faults)) if (!lines.has(fault.line)) lines.set(fault.line, fault)
  return [...lines.values()]
}

const inOrder = (faults: readonly ConfigFault[]) => faults.toSorted((a, b) => a.line - b.line || a.column - b.column)

/** @throws LenscapError `invalid` where an alias leads nowhere, without its name */
function contentOf(document: { toJS(): unknown }, name: string): unknown {
  try {
    return document.toJS() ?? {}
  } catch {
    throw new LenscapError('invalid', `${name}: a value that begins with * or & needs quotes`)
  }
}

const NO_YAML = 'is no YAML: put quotes around a value with special characters'

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
