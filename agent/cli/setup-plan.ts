import { readFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Document, isSeq, parseDocument } from 'yaml'
import { describeError, LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import { loadConfig, parseConfig, readCredentials } from '../config/load.ts'
import { type AgentConfig, BoxName, BridgeUrl } from '../config/schema.ts'
import { addressesOf } from '../discovery/cidr.ts'
import { placeFaults } from './places.ts'
import { askUntilRight, type Questions } from './questions.ts'

/** What may be said by flags instead of being asked. */
export interface SetupRequest {
  readonly config: string
  readonly bridge?: string
  readonly name?: string
  readonly stateDir?: string
  readonly cidr: readonly string[]
  readonly host: readonly string[]
  readonly interface: readonly string[]
  readonly user?: string
  readonly passwordFile?: string
  /** A configuration to take all answers from. */
  readonly answers?: string
  readonly timeout: number
  readonly discoveryPort: number
  /** Ask nothing, and write over what is there. */
  readonly yes?: boolean
  readonly claim: boolean
}

/** A credential and the file of its password; one that has none goes into the sealed store. */
export interface Proven extends Credential {
  readonly passwordFile?: string
  /** What it is meant for; everything where it is absent. */
  readonly for?: readonly string[]
}

/** What is to be written, with everything that was given, and what it means. */
export interface Plan {
  readonly text: string
  readonly mode: number
  readonly config: AgentConfig
  /** Credentials that were given, proven or not. */
  readonly given: readonly Proven[]
}

type FaultOf = (answer: string) => string | undefined

const faultBy =
  (schema: typeof BridgeUrl | typeof BoxName): FaultOf =>
  (answer) =>
    schema.safeParse(answer).error?.issues[0]?.message

const DEFAULT_STATE_DIR = '/var/lib/lenscap'
const USUAL_PORT = 3702

/**
 * Puts a configuration together from flags, answers and questions; what the flags say counts before what a file says.
 * @throws LenscapError `invalid` for what makes no sense
 */
export async function planOf(request: SetupRequest, questions: Questions): Promise<Plan> {
  const { answers } = request
  const { document, mode, stored } = answers === undefined ? nothingSaid() : await answersIn(answers)
  const nobody = request.yes === true || answers !== undefined
  const ask = async (key: string, said: string | undefined, question: string, usual: string, faultOf: FaultOf) => {
    const known = said ?? document.get(key)
    document.set(key, known ?? (nobody ? usual : await askUntilRight(questions, question, usual, faultOf)))
  }
  const where = "The bridge's address, such as https://cameras.example.org"
  await ask('bridge', request.bridge, where, '', faultBy(BridgeUrl))
  await ask('name', request.name, 'How the box is called in the console', hostname(), faultBy(BoxName))
  document.set('stateDir', request.stateDir ?? document.get('stateDir') ?? DEFAULT_STATE_DIR)
  addCredential(document, request)
  for (const [key, more] of Object.entries(await placesOf(request, questions, nobody))) addTo(document, key, more)
  if (request.discoveryPort !== USUAL_PORT) document.setIn(['discovery', 'port'], request.discoveryPort)
  const text = document.toString()
  const config = parseConfig(text, 'these answers', placeFaults)
  const named = await readCredentials(config)
  const given = named.map((each, i) => ({ ...each, passwordFile: config.credentials[i]?.passwordFile ?? '' }))
  return { text, mode, config, given: [...given, ...stored] }
}

interface Said {
  readonly document: Document
  /** As open as what it is taken from: there may be secrets in it. */
  readonly mode: number
  readonly stored: readonly Proven[]
}

const nothingSaid = (): Said => ({ document: new Document({}), mode: 0o644, stored: [] })

async function answersIn(path: string): Promise<Said> {
  const config = await loadConfig(path, placeFaults)
  if (config.bridge === undefined) {
    throw new LenscapError('invalid', `${path} names no bridge: there is nothing to claim`)
  }
  const document = parseDocument(await readFile(path, 'utf8'))
  const stored = await takeCredentials(document, config)
  return { document, mode: (await stat(path)).mode & 0o777, stored }
}

/** Passwords that stand in the answers themselves are taken out of what is written: they go into the sealed store. */
async function takeCredentials(document: Document, config: AgentConfig): Promise<Proven[]> {
  const sets = await readCredentials(config)
  const inline = sets.filter((_, i) => config.credentials[i]?.passwordFile === undefined)
  for (let i = sets.length - 1; i >= 0; i -= 1) {
    if (config.credentials[i]?.passwordFile === undefined) document.deleteIn(['credentials', i])
  }
  const left = document.get('credentials')
  if (isSeq(left) && left.items.length === 0) document.delete('credentials')
  return inline.map(({ username, password, for: patterns }) => ({ username, password, for: patterns }))
}

function addCredential(document: Document, { user: username, passwordFile }: SetupRequest): void {
  if ((username === undefined) !== (passwordFile === undefined)) {
    throw new LenscapError('invalid', 'Give both --user and --password-file, or neither')
  }
  if (username === undefined || passwordFile === undefined) return
  addTo(document, 'credentials', [{ username, passwordFile: resolve(passwordFile) }], [])
}

async function placesOf({ cidr, host, interface: interfaces }: SetupRequest, questions: Questions, nobody: boolean) {
  const question = 'Ranges to ask besides the own network, such as 192.168.7.0/24 (or none)'
  const isTold = nobody || cidr.length + host.length > 0
  const asked = isTold ? '' : await askUntilRight(questions, question, '', faultOfRanges)
  return { ranges: [...cidr, ...rangesIn(asked)], hosts: host, interfaces }
}

const rangesIn = (answer: string) => answer.split(/[\s,]+/).filter((range) => range !== '' && range !== 'none')

function faultOfRanges(answer: string): string | undefined {
  try {
    for (const range of rangesIn(answer)) addressesOf(range)
    return undefined
  } catch (error) {
    return describeError(error)
  }
}

/** Adds what a list does not have yet; a list that would be empty is not begun. */
function addTo(
  document: Document,
  key: string,
  more: readonly unknown[],
  below: readonly string[] = ['discovery'],
): void {
  const path = [...below, key]
  const list = document.getIn(path)
  const known: unknown[] = isSeq(list) ? list.toJSON() : []
  for (const each of more) {
    if (known.includes(each)) continue
    if (isSeq(document.getIn(path))) document.addIn(path, document.createNode(each))
    else document.setIn(path, document.createNode([each]))
  }
}
