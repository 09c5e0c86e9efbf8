import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { LenscapError } from '../base/errors.ts'
import { readFileIfThere, syncFolder, writeFileDurably } from '../base/files.ts'
import { newId } from '../base/ids.ts'
import { type Credential, Secret } from '../base/secret.ts'
import { type CredentialSet, checkPatterns } from './for.ts'
import { announceKeys, bindKeys, dropNextKeys, type Keys, nextKeys, openKeys, promoteKeys } from './keys.ts'
import type { BoundTo, SystemdCreds } from './systemd-creds.ts'

export const STORE_FILE = 'credentials.sealed'

const SETS_MAX = 1_024
const FILE_LENGTH_MAX = 4_194_304
const ATTEMPTS_MAX = 5

const SealedFile = z.strictObject({ v: z.literal(1), key: z.string(), nonce: z.string(), data: z.string() })
const Content = z.array(
  z.strictObject({
    id: z.string().min(1).max(64),
    username: z.string().min(1).max(128),
    password: z.string().min(1).max(256),
    for: z.array(z.string().max(128)).max(64),
  }),
)

/** What was read, and what went wrong on the way where something did. */
export interface StoreReading {
  readonly sets: readonly CredentialSet[]
  readonly keys: Keys
  /** A damaged store was set aside: its passwords have to be entered again. */
  readonly trouble: LenscapError | undefined
}

/** The sets on this box's disk. Holds no state: the agent and the installer's commands may use it side by side. */
export class CredentialStore {
  readonly #stateDir: string
  readonly #systemdFolder: string | undefined
  readonly #tool: SystemdCreds

  /** @param systemdFolder `$CREDENTIALS_DIRECTORY`, where systemd puts what a unit is handed */
  constructor(
    stateDir: string,
    systemdFolder: string | undefined = process.env['CREDENTIALS_DIRECTORY'],
    tool: SystemdCreds = {},
  ) {
    this.#stateDir = stateDir
    this.#systemdFolder = systemdFolder
    this.#tool = tool
  }

  get path(): string {
    return join(this.#stateDir, STORE_FILE)
  }

  /** @throws LenscapError `refused` (others can read the key), `invalid` (the key is another's), `storage` */
  async read(): Promise<StoreReading> {
    const { sets, keys, trouble } = await this.#load()
    return { sets, keys, trouble }
  }

  /** Adds a set as the last, or as the first to be tried. */
  async add(credential: Credential, patterns: readonly string[], first = false): Promise<CredentialSet> {
    checkPatterns(patterns)
    const added: CredentialSet = { ...credential, id: newId(), for: [...patterns] }
    await this.#change((sets) => (first ? [added, ...sets] : [...sets, added]))
    return added
  }

  /** Adds several at once, all or none. */
  async addAll(credentials: readonly (Credential & { readonly for: readonly string[] })[]): Promise<void> {
    for (const each of credentials) checkPatterns(each.for)
    await this.#change((sets) => [...sets, ...credentials.map((each) => ({ ...each, id: newId() }))])
  }

  /** @throws LenscapError `invalid` where there is no such set */
  async remove(id: string): Promise<CredentialSet> {
    let removed: CredentialSet | undefined
    await this.#change((sets) => {
      removed = sets.find((each) => each.id === id)
      return sets.filter((each) => each !== removed)
    })
    if (removed) return removed
    throw new LenscapError('invalid', `There is no set "${id}": "lenscap-agent credentials list" shows them all`)
  }

  /** Seals everything with a new key. Cut off at any moment, one of both keys opens the store. */
  async rotate(): Promise<void> {
    const { sets, keys } = await this.#load()
    if (keys.from === 'systemd') {
      const advice = 'remove the sets, make a new one with systemd-creds, restart the agent, and enter the sets again'
      throw new LenscapError('unsupported', `The key comes from systemd: ${advice}`)
    }
    const next = keys.renewed()
    await announceKeys(this.#stateDir, next)
    await this.#write(sets, next)
    await promoteKeys(this.#stateDir)
  }

  /** Binds the key to this machine. @returns the file that holds it. @throws LenscapError `unsupported` where it is bound */
  async bind(to: BoundTo): Promise<string> {
    const { keys } = await this.#load()
    if (keys.from === 'systemd') throw new LenscapError('unsupported', 'The key is bound to this machine already')
    return await bindKeys(this.#stateDir, keys, to, this.#tool)
  }

  async #change(change: (sets: readonly CredentialSet[]) => CredentialSet[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const { sets, keys, text } = await this.#load()
      const changed = change(sets)
      if (changed.length > SETS_MAX) throw new LenscapError('limit', `The store holds ${SETS_MAX} sets at most`)
      // Another command may have written meanwhile: its change must not be lost.
      const isUnchanged = (await this.#text()) === text
      if (isUnchanged) return await this.#write(changed, keys)
      if (attempt === ATTEMPTS_MAX) throw new LenscapError('busy', 'Others keep changing the store: try again')
    }
  }

  async #write(sets: readonly CredentialSet[], keys: Keys): Promise<void> {
    const content = sets.map(({ id, username, password, for: patterns }) => {
      return { id, username, password: password.reveal(), for: patterns }
    })
    const sealed = { v: 1, ...keys.seal(JSON.stringify(content)) }
    try {
      await writeFileDurably(this.path, `${JSON.stringify(sealed)}\n`)
    } catch (error) {
      throw cannot('write', this.path, error)
    }
  }

  async #text(): Promise<string | undefined> {
    try {
      return await readFileIfThere(this.path)
    } catch (error) {
      throw cannot('read', this.path, error)
    }
  }

  async #load(): Promise<StoreReading & { text: string | undefined }> {
    const keys = await openKeys(this.#stateDir, this.#systemdFolder, this.#tool)
    const text = await this.#text()
    if (text === undefined) return { sets: [], keys, trouble: undefined, text }
    const file = parsedFile(text)
    if (!file) return { sets: [], keys, trouble: await this.#setAside(), text: undefined }
    const right = await this.#rightKeys(file.key, keys)
    try {
      const sets = Content.parse(JSON.parse(right.unseal(file)))
      return {
        sets: sets.map((each) => ({ ...each, password: new Secret(each.password) })),
        keys: right,
        trouble: undefined,
        text,
      }
    } catch {
      return { sets: [], keys: right, trouble: await this.#setAside(), text: undefined }
    }
  }

  /** Ends a rotation that was cut off. @throws LenscapError `invalid` where the store was sealed with another key */
  async #rightKeys(id: string, keys: Keys): Promise<Keys> {
    const next = keys.from === 'file' ? await nextKeys(this.#stateDir) : undefined
    if (keys.id === id) {
      if (next) await dropNextKeys(this.#stateDir)
      return keys
    }
    if (next?.id === id) {
      await promoteKeys(this.#stateDir)
      return next
    }
    const advice = 'put the right key back, or remove that file and enter the passwords again'
    throw new LenscapError('invalid', `${this.path} was sealed with another key: ${advice}`, { path: this.path })
  }

  async #setAside(): Promise<LenscapError> {
    const aside = `${this.path}.corrupt-${newId()}`
    try {
      await rename(this.path, aside)
      await syncFolder(this.#stateDir)
    } catch (error) {
      throw cannot('set aside', this.path, error)
    }
    const advice = 'enter its passwords again with "lenscap-agent credentials add"'
    return new LenscapError('storage', `The store of credentials was damaged and is now ${aside}: ${advice}`, { aside })
  }
}

function parsedFile(text: string): z.infer<typeof SealedFile> | undefined {
  if (text.length > FILE_LENGTH_MAX) return undefined
  try {
    return SealedFile.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Without the cause itself: what a file system or parser says may hold what it read. */
function cannot(what: string, path: string, error: unknown): LenscapError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  const advice = 'check that the state folder belongs to the agent and has room'
  return new LenscapError('storage', `Can't ${what} ${path} (${code}): ${advice}`, { path })
}
