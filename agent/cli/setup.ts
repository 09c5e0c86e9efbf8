import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { stringify } from 'yaml'
import { systemClock } from '../base/clock.ts'
import { describeError, LenscapError } from '../base/errors.ts'
import { writeFileDurably } from '../base/files.ts'
import { type Credential, Secret } from '../base/secret.ts'
import { VERSION } from '../base/version.ts'
import { loadConfig, parseConfig, readCredentials, readPassword } from '../config/load.ts'
import { CredentialStore } from '../credentials/store.ts'
import { claim } from '../transport/claim.ts'
import { loadIdentity } from '../transport/identity.ts'
import { asTable, type FoundDevice, lookRound } from './discover.ts'
import { EXIT, type Output } from './output.ts'
import { placeFaults } from './places.ts'
import { openProgress } from './progress.ts'
import type { Questions } from './questions.ts'
import { makeStateDir } from './state.ts'

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

interface Plan {
  readonly bridge: string
  readonly name: string
  readonly stateDir: string
  readonly cidr: readonly string[]
  readonly host: readonly string[]
}

/** A credential and the file of its password; one that was typed has none, and goes into the sealed store. */
interface Proven extends Credential {
  readonly passwordFile?: string
}

const DEFAULT_STATE_DIR = '/var/lib/lenscap'
const TRIES_MAX = 8

/** `setup`: finds the cameras, asks for credentials and proves them, writes the configuration, and has the box claimed. */
export async function runSetup(
  request: SetupRequest,
  questions: Questions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const say = (event: string, text: string, facts: object = {}) => output.event({ event, ...facts }, text)
  if (existsSync(request.config) && !request.yes && request.answers !== request.config) {
    const said = await questions.ask(`${request.config} is there already. Write it anew? (yes/no)`, 'no')
    if (said !== 'yes') throw new LenscapError('invalid', 'Nothing was changed')
  }
  const { plan, given } = await planOf(request, questions)
  const look = (host: readonly string[], again: boolean, credentials: readonly Credential[]) => {
    const progress = openProgress(again ? 'Signing in' : 'Looking for cameras')
    const place = again ? { cidr: [], host, interface: ['none'], timeout: 1 } : { ...request, ...plan }
    return lookRound({ ...request, ...place }, credentials, signal, progress.count).finally(progress.end)
  }
  let devices = await look(plan.host, false, given)
  say('found', asTable(devices, output.width), { devices })
  const proven: Proven[] = [...given]
  for (let tries = 0; !request.yes && tries < TRIES_MAX && devices.some(isUnread); tries += 1) {
    const credential = await askCredential(devices.filter(isUnread).length, questions)
    if (credential === undefined) break
    const fresh = await look(devices.filter(isUnread).map(placeOf), true, [credential])
    devices = devices.map((device) => fresh.find((each) => placeOf(each) === placeOf(device)) ?? device)
    if (fresh.some((device) => !isUnread(device))) proven.push(credential)
    say('found', asTable(devices, output.width), { devices })
  }
  await writeAll(request.config, plan, proven)
  say('written', `Wrote ${request.config}`, { config: request.config })
  if (request.claim) await claimBox(request.config, say, signal)
  const unread = devices.filter(isUnread).length
  const advice = `Start the agent: lenscap-agent run --config ${request.config}`
  say('done', unread === 0 ? advice : `${unread} of ${devices.length} devices could not be read.\n${advice}`, {
    unread,
  })
  return unread === 0 ? EXIT.done : EXIT.partly
}

async function planOf(request: SetupRequest, questions: Questions): Promise<{ plan: Plan; given: Proven[] }> {
  if (request.answers !== undefined) {
    const config = await loadConfig(request.answers)
    const { bridge, name, stateDir, discovery } = config
    if (bridge === undefined)
      throw new LenscapError('invalid', `${request.answers} names no bridge: there is nothing to claim`)
    const read = await readCredentials(config)
    const given = read.map((each, i) => {
      const passwordFile = config.credentials[i]?.passwordFile
      return { ...each, ...(passwordFile !== undefined && { passwordFile }) }
    })
    return { plan: { bridge, name, stateDir, cidr: discovery.ranges, host: discovery.hosts }, given }
  }
  const ask = async (said: string | undefined, question: string, usual: string) =>
    said ?? (request.yes ? usual : await questions.ask(question, usual))
  const bridge = await ask(request.bridge, "The bridge's address, such as https://cameras.example.org", '')
  const name = await ask(request.name, 'How the box is called in the console', hostname())
  const asked = request.cidr.length + request.host.length > 0
  const ranges =
    asked || request.yes
      ? ''
      : await questions.ask('Ranges to ask besides the own network, such as 192.168.7.0/24 (or none)')
  const cidr = [...request.cidr, ...ranges.split(/[\s,]+/).filter((range) => range !== '' && range !== 'none')]
  const plan = { bridge, name, stateDir: request.stateDir ?? DEFAULT_STATE_DIR, cidr, host: request.host }
  parseConfig(textOf(plan, []), 'these answers', placeFaults)
  const { user: username, passwordFile } = request
  if ((username === undefined) !== (passwordFile === undefined)) {
    throw new LenscapError('invalid', 'Give both --user and --password-file, or neither')
  }
  if (username === undefined || passwordFile === undefined) return { plan, given: [] }
  const password = await readPassword(passwordFile)
  return { plan, given: [{ username, password, passwordFile: resolve(passwordFile) }] }
}

const isUnread = ({ diagnosis }: FoundDevice) => diagnosis !== ''
const placeOf = ({ address, port }: FoundDevice) => `${address.includes(':') ? `[${address}]` : address}:${port}`

async function askCredential(unread: number, questions: Questions): Promise<Proven | undefined> {
  const who = unread === 1 ? '1 device lets us not in' : `${unread} devices let us not in`
  const username = await questions.ask(`${who}. User name on it (empty: leave it so)`)
  if (username === '') return undefined
  const password = new Secret(await questions.askHidden(`Password of ${username} (not shown)`))
  return { username, password }
}

function textOf({ bridge, name, stateDir, cidr, host }: Plan, proven: readonly Proven[]): string {
  const credentials = proven.flatMap(({ username, passwordFile }) => (passwordFile ? [{ username, passwordFile }] : []))
  const discovery = { ...(cidr.length > 0 && { ranges: [...cidr] }), ...(host.length > 0 && { hosts: [...host] }) }
  return stringify({
    bridge,
    name,
    stateDir,
    ...(credentials.length > 0 && { credentials }),
    ...(Object.keys(discovery).length > 0 && { discovery }),
  })
}

/** The passwords first: an agent that starts at once finds them. */
async function writeAll(path: string, plan: Plan, proven: readonly Proven[]): Promise<void> {
  const text = textOf(plan, proven)
  const config = parseConfig(text, 'these answers')
  makeStateDir(config)
  const store = new CredentialStore(config.stateDir)
  for (const each of proven) if (each.passwordFile === undefined) await store.add(each, [])
  await writeFileDurably(path, text, 0o644).catch((cause: unknown) => {
    throw new LenscapError('storage', `Can't write ${path}: run this as root, or name another with --config`, {}, cause)
  })
}

async function claimBox(
  configPath: string,
  say: (event: string, text: string, facts?: object) => void,
  signal: AbortSignal,
): Promise<void> {
  const config = await loadConfig(configPath)
  const identity = await loadIdentity(config.stateDir)
  if (identity.claimed) {
    say('claimed', `This box is claimed already, on ${identity.claimed.bridgeUrl}`)
    return
  }
  const { claimed } = await claim({
    bridgeUrl: config.bridge ?? '',
    ...{ name: config.name, version: VERSION, stateDir: config.stateDir, identity },
    onOffer: ({ userCode, page, expiresAt }) =>
      say('claim', `\nTo claim this box, open ${page}\nand enter  ${userCode}\nWaiting for that …`, {
        userCode,
        page,
        expiresAt,
      }),
    onTrouble: (error) => say('trouble', `Not yet: ${describeError(error)}`),
    ...{ clock: systemClock, random: Math.random, signal },
  })
  say('claimed', 'Claimed: the box is yours', { agent: claimed.agent })
}
