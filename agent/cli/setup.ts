import { existsSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { describeError, LenscapError } from '../base/errors.ts'
import { writeFileDurably } from '../base/files.ts'
import { Secret } from '../base/secret.ts'
import { VERSION } from '../base/version.ts'
import { loadConfig } from '../config/load.ts'
import { CredentialStore } from '../credentials/store.ts'
import { claim } from '../transport/claim.ts'
import { loadIdentity } from '../transport/identity.ts'
import { asTable, type FoundDevice, type LookRequest, lookRound } from './discover.ts'
import { EXIT, type Output } from './output.ts'
import { openProgress } from './progress.ts'
import type { Questions } from './questions.ts'
import { type Plan, type Proven, planOf, type SetupRequest } from './setup-plan.ts'
import { makeStateDir } from './state.ts'

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
    if (!/^y(es)?$/i.test(said)) throw new LenscapError('invalid', 'Nothing was changed')
  }
  const plan = await planOf(request, questions)
  const look = async (again: readonly string[] | undefined, credentials: readonly Proven[]) => {
    const progress = openProgress(again ? 'Signing in' : 'Looking for cameras')
    const places = placesIn(plan, request.timeout, again)
    const found = await lookRound(places, credentials, signal, progress.count).finally(progress.end)
    if (signal.aborted) throw new LenscapError('cancelled', 'Stopped: nothing was changed')
    return found
  }
  let devices = await look(undefined, plan.given)
  say('found', asTable(devices, output.width), { devices })
  const proven: Proven[] = [...plan.given]
  for (let tries = 0; !request.yes && tries < TRIES_MAX && devices.some(isUnread); tries += 1) {
    const credential = await askCredential(devices.filter(isUnread).length, questions)
    if (credential === undefined) break
    const fresh = await look(devices.filter(isUnread).map(placeOf), [credential])
    devices = devices.map((device) =>
      better(
        device,
        fresh.find((each) => placeOf(each) === placeOf(device)),
      ),
    )
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

/** Where the agent that will run looks; or only there, once more. */
function placesIn({ config }: Plan, timeout: number, again: readonly string[] | undefined): LookRequest {
  const { ranges: cidr, hosts: host, interfaces, port: discoveryPort, only, multicast } = config.discovery
  const where = { interface: interfaces, discoveryPort, only }
  if (again) return { ...where, cidr: [], host: again, multicast: false, timeout: 1 }
  return { ...where, cidr, host, multicast, timeout }
}

/** What a device said of itself when it was found is not lost where it was asked again in vain. */
function better(former: FoundDevice, fresh: FoundDevice | undefined): FoundDevice {
  if (fresh === undefined) return former
  const { manufacturer, model, channels } = former
  return isUnread(fresh) ? { ...fresh, manufacturer, model, channels } : fresh
}

const isUnread = ({ diagnosis }: FoundDevice) => diagnosis !== ''
const placeOf = ({ address, port }: FoundDevice) => `${address.includes(':') ? `[${address}]` : address}:${port}`

async function askCredential(unread: number, questions: Questions): Promise<Proven | undefined> {
  const who = unread === 1 ? '1 device does not let us in' : `${unread} devices do not let us in`
  const username = await questions.ask(`${who}. User name on it (empty: leave it so)`)
  if (username === '') return undefined
  const password = new Secret(await questions.askHidden(`Password of ${username} (not shown)`))
  return { username, password }
}

/** The passwords first: an agent that starts at once finds them. */
async function writeAll(path: string, { text, mode, config }: Plan, proven: readonly Proven[]): Promise<void> {
  makeStateDir(config)
  const store = new CredentialStore(config.stateDir)
  for (const each of proven) if (each.passwordFile === undefined) await store.add(each, each.for ?? [])
  await writeFileDurably(path, text, mode).catch((cause: unknown) => {
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
