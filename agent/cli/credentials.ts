import { isIP } from 'node:net'
import { systemClock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import { readFileIfThere } from '../base/files.ts'
import { loadConfig, readCredentials } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import { checkPatterns } from '../credentials/for.ts'
import { RefusalLog } from '../credentials/refusal-log.ts'
import { CredentialStore } from '../credentials/store.ts'
import { type BoundTo, SYSTEMD_CREDENTIAL } from '../credentials/systemd-creds.ts'
import { hostAndPort } from '../discovery/manual.ts'
import { InventoryStore } from '../inventory/store.ts'
import { TrustStore } from '../inventory/trust-store.ts'
import { EXIT, type Output, table } from './output.ts'
import { askPassword, type PasswordSource } from './password.ts'
import { makeStateDir, openExistingState } from './state.ts'

export interface AddRequest extends PasswordSource {
  readonly user: string
  readonly for: readonly string[]
  readonly first?: boolean
}

/** `credentials add`: into the sealed store; a running agent uses it at once, also where the same was refused before. */
export async function addCredential(configPath: string, request: AddRequest, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  if (request.user.trim() === '' || request.user.length > 128) {
    throw new LenscapError('invalid', 'A user name has 1 to 128 characters')
  }
  checkPatterns(request.for)
  const password = await askPassword(request, `Password of ${request.user} on the cameras`)
  makeStateDir(config)
  const store = new CredentialStore(config.stateDir)
  const { keys, trouble } = await store.read()
  const credential = { username: request.user, password }
  const { id } = await store.add(credential, request.for, request.first === true)
  await withState(config, (db) => new RefusalLog(db, keys).forgetCredential(credential))
  output.answer({ id, ...(trouble && { warning: trouble.message }) }, () =>
    [...(trouble ? [trouble.message] : []), `Stored as ${id}; a running agent uses it within seconds`].join('\n'),
  )
  return trouble ? EXIT.partly : EXIT.done
}

/** `credentials list`: users, and what they are meant for; never a password. */
export async function listCredentials(configPath: string, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  const configured = config.credentials.map(({ username, for: patterns, passwordFile }, i) => {
    return { id: `config-${i + 1}`, user: username, for: patterns, from: passwordFile ?? 'the configuration file' }
  })
  const { sets, trouble } = await readStore(config)
  const stored = sets.map(({ id, username, for: patterns }) => {
    return { id, user: username, for: [...patterns], from: 'the sealed store' }
  })
  const all = [...configured, ...stored]
  output.answer(all, () =>
    [
      ...(trouble ? [trouble.message] : []),
      all.length === 0
        ? 'There are none: enter one with "lenscap-agent credentials add --user NAME"'
        : table(
            ['ID', 'USER', 'FOR', 'FROM'],
            all.map(({ id, user, for: patterns, from }) => [id, user, patterns.join(' ') || 'every device', from]),
            { width: output.width, whole: 2 },
          ),
    ].join('\n'),
  )
  return trouble ? EXIT.partly : EXIT.done
}

/** Nothing is made by looking: neither a key nor a folder. */
async function readStore(config: AgentConfig) {
  const store = new CredentialStore(config.stateDir)
  const isThere = (await readFileIfThere(store.path)) !== undefined
  return isThere ? await store.read() : { sets: [], trouble: undefined }
}

/** `credentials remove`. */
export async function removeCredential(configPath: string, id: string, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  if (/^config-\d+$/.test(id)) {
    throw new LenscapError('invalid', `${id} stands in ${configPath}: remove it there`)
  }
  const { username } = await new CredentialStore(config.stateDir).remove(id)
  output.answer({ removed: id }, () => `Removed ${id} (${username}); a running agent stops using it within seconds`)
  return EXIT.done
}

/** `credentials import`: the passwords of the configuration file and its password files, into the sealed store. */
export async function importCredentials(configPath: string, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  const configured = await readCredentials(config)
  makeStateDir(config)
  await new CredentialStore(config.stateDir).addAll(configured)
  const files = config.credentials.flatMap(({ passwordFile }) => passwordFile ?? [])
  output.answer({ imported: configured.length, configuration: configPath, files }, () =>
    configured.length === 0
      ? `${configPath} names no credentials`
      : [
          `Stored ${configured.length} sets.`,
          `Now remove "credentials" from ${configPath}${files.length > 0 ? `, and delete ${files.join(', ')}` : ''}.`,
        ].join('\n'),
  )
  return EXIT.done
}

/** `credentials rotate-key`. */
export async function rotateKey(configPath: string, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  await new CredentialStore(config.stateDir).rotate()
  output.answer({ rotated: true }, () => 'The store is sealed with a new key; the old one opens nothing any more')
  return EXIT.done
}

/** `credentials bind-key`: who copies the disk has not got the key any more. */
export async function bindKey(configPath: string, to: BoundTo, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  const path = await new CredentialStore(config.stateDir).bind(to)
  output.answer({ bound: true, path }, () =>
    [
      `The key is bound to this machine: ${path}`,
      'Root opens it without more. To a service with a user of its own, systemd hands it:',
      '  [Service]',
      `  LoadCredentialEncrypted=${SYSTEMD_CREDENTIAL}:${path}`,
    ].join('\n'),
  )
  return EXIT.done
}

/** `credentials retry`: what was refused may be sent once more, to one address or to all. */
export async function retryRefused(configPath: string, address: string | undefined, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  const { keys } = await new CredentialStore(config.stateDir).read()
  const devices = await withState(config, (db) => {
    const log = new RefusalLog(db, keys)
    if (address === undefined) {
      log.forget()
      return new InventoryStore(db).devices().length
    }
    const { host, port } = hostAndPort(address)
    const store = new InventoryStore(db)
    const here = store.devices().filter((each) => {
      return each.address === host && (port === undefined || each.port === port)
    })
    for (const { device } of here) for (const each of [device, ...camerasOf(store, device)]) log.forget(each)
    return here.length
  })
  output.answer({ devices: devices ?? 0 }, () => `${devices ?? 0} devices may be sent what they refused once more`)
  return EXIT.done
}

const camerasOf = (store: InventoryStore, device: string) => store.cameras(device).map(({ camera }) => camera)

/** `credentials confirm`: a person says that what stands at that address is theirs. */
export async function confirmDevice(configPath: string, place: string, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  const { host, port } = hostAndPort(place)
  if (isIP(host) === 0) throw new LenscapError('invalid', `"${host}" is no address: write one like 192.168.7.20`)
  const isNoted = await withState(config, (db) => {
    new TrustStore(db).confirm(host, port, systemClock.nowMs())
    return true
  })
  if (isNoted !== true) throw new LenscapError('invalid', `Nothing has run with ${configPath} yet`)
  output.answer({ confirmed: place }, () => `What stands at ${place} may be signed in to, for the next hour`)
  return EXIT.done
}

/** Does something with the box's records, where there are any. */
async function withState<T>(
  config: AgentConfig,
  work: (db: Parameters<typeof closed>[0]) => T,
): Promise<T | undefined> {
  const db = openExistingState(config)
  if (db === undefined) return undefined
  using _ = closed(db)
  return work(db)
}

const closed = (db: NonNullable<ReturnType<typeof openExistingState>>): Disposable => ({
  [Symbol.dispose]: () => db.close(),
})
