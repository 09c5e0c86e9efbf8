import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LenscapError } from '../base/errors.ts'
import { readFileIfThere, syncFolder, writeFileDurably } from '../base/files.ts'
import { Secret } from '../base/secret.ts'
import { type BoundTo, bindToMachine, openBound, SYSTEMD_CREDENTIAL, type SystemdCreds } from './systemd-creds.ts'

const KEY_BYTES = 32
/** NIST SP 800-38D, 8.2: 96 bits, random for each sealing. */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_FILE = 'credentials.key'
const NEXT_FILE = 'credentials.key.next'
/** The key as `systemd-creds` bound it to this machine. */
const BOUND_FILE = 'credentials.key.cred'

/** A text that only the holder of the key can read. */
export interface Sealed {
  readonly key: string
  readonly nonce: string
  readonly data: string
}

/** The box's two keys: one seals the store, the other marks what was refused. Neither can be printed. */
export class Keys {
  readonly #sealing: Secret<Buffer>
  readonly #marking: Secret<Buffer>
  readonly from: 'file' | 'systemd'

  constructor(sealing: Buffer, marking: Buffer, from: 'file' | 'systemd') {
    this.#sealing = new Secret(sealing)
    this.#marking = new Secret(marking)
    this.from = from
  }

  /** Tells keys apart without telling them. */
  get id(): string {
    return createHmac('sha256', this.#sealing.reveal()).update('lenscap key id').digest('hex').slice(0, 16)
  }

  seal(text: string): Sealed {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#sealing.reveal(), nonce)
    cipher.setAAD(Buffer.from(`lenscap credentials ${this.id}`))
    const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return { key: this.id, nonce: nonce.toString('base64'), data: data.toString('base64') }
  }

  /** @throws Error where it was sealed with another key, or changed since */
  unseal({ nonce, data }: Sealed): string {
    const bytes = Buffer.from(data, 'base64')
    const options = { authTagLength: TAG_BYTES }
    const cipher = createDecipheriv('aes-256-gcm', this.#sealing.reveal(), Buffer.from(nonce, 'base64'), options)
    cipher.setAAD(Buffer.from(`lenscap credentials ${this.id}`))
    cipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    return Buffer.concat([cipher.update(bytes.subarray(0, -TAG_BYTES)), cipher.final()]).toString('utf8')
  }

  /** The same parts give the same mark, on this box alone; from the mark, nobody finds the parts. */
  mark(...parts: readonly string[]): string {
    const hmac = createHmac('sha256', this.#marking.reveal())
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:${part}`)
    return hmac.digest('base64')
  }

  /** A new key for sealing; what was marked stays marked. */
  renewed(): Keys {
    return new Keys(randomBytes(KEY_BYTES), this.#marking.reveal(), 'file')
  }

  /** For its own file only. */
  asFile(): string {
    return `${this.#sealing.reveal().toString('base64')}\n${this.#marking.reveal().toString('base64')}\n`
  }
}

/**
 * The box's keys: from systemd where the unit hands them over, else from their file, else from the one that is bound to this
 * machine. Made where there is none of these, and never beside one that can't be opened.
 * @param systemdFolder `$CREDENTIALS_DIRECTORY`
 * @throws LenscapError `refused` for a file that others can read, `invalid` for one that holds no key, `storage`, and what
 *   `openBound` throws
 */
export async function openKeys(
  stateDir: string,
  systemdFolder: string | undefined = process.env['CREDENTIALS_DIRECTORY'],
  tool: SystemdCreds = {},
): Promise<Keys> {
  const handed = await fromSystemd(systemdFolder)
  if (handed) return handed
  const path = join(stateDir, KEY_FILE)
  const text = await readKeyFile(path)
  if (text !== undefined) return parsed(text, path, 'file')
  const bound = join(stateDir, BOUND_FILE)
  if (existsSync(bound)) return parsed(await openBound(bound, tool), bound, 'systemd')
  const made = new Keys(randomBytes(KEY_BYTES), randomBytes(KEY_BYTES), 'file')
  await stored(path, () => writeFileDurably(path, made.asFile()))
  return made
}

/**
 * Binds the keys to this machine: the readable file goes once the bound one was opened again, so that a box can't lock
 * itself out. Cut off at any moment, one of both is whole.
 * @returns where the bound file is
 */
export async function bindKeys(stateDir: string, keys: Keys, to: BoundTo, tool: SystemdCreds = {}): Promise<string> {
  const path = join(stateDir, BOUND_FILE)
  const sealed = await bindToMachine(keys.asFile(), to, tool)
  await stored(path, () => writeFileDurably(path, sealed))
  try {
    const again = parsed(await openBound(path, tool), path, 'systemd')
    if (again.id !== keys.id) throw noKey(path)
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  await stored(path, async () => {
    await rm(join(stateDir, KEY_FILE), { force: true })
    await syncFolder(stateDir)
  })
  return path
}

/** The key that a rotation was about to take up when it was cut off. */
export async function nextKeys(stateDir: string): Promise<Keys | undefined> {
  const path = join(stateDir, NEXT_FILE)
  const text = await readKeyFile(path)
  return text === undefined ? undefined : parsed(text, path, 'file')
}

/** Puts the next key on the disk beside the one in use: until the store is sealed with it, both are needed. */
export async function announceKeys(stateDir: string, keys: Keys): Promise<void> {
  const path = join(stateDir, NEXT_FILE)
  await stored(path, () => writeFileDurably(path, keys.asFile()))
}

/** The next key is the key from now on. */
export async function promoteKeys(stateDir: string): Promise<void> {
  const path = join(stateDir, KEY_FILE)
  await stored(path, async () => {
    await rename(join(stateDir, NEXT_FILE), path)
    await syncFolder(stateDir)
  })
}

/** The rotation did not come as far as the store: nothing is sealed with the next key. */
export async function dropNextKeys(stateDir: string): Promise<void> {
  await rm(join(stateDir, NEXT_FILE), { force: true })
}

async function fromSystemd(folder: string | undefined): Promise<Keys | undefined> {
  if (folder === undefined || folder === '') return undefined
  const path = join(folder, SYSTEMD_CREDENTIAL)
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new LenscapError('storage', `Can't read ${path}, where systemd put the key of the credentials`, { path })
  }
  const text = bytes.toString('latin1').trim()
  // As `credentials bind-key` bound it: what was refused stays refused.
  if (bytes.length !== KEY_BYTES && text.includes('\n')) return parsed(text, path, 'systemd')
  const sealing = bytes.length === KEY_BYTES ? bytes : Buffer.from(text, 'base64')
  if (sealing.length !== KEY_BYTES) throw noKey(path)
  const marking = Buffer.from(hkdfSync('sha256', sealing, '', 'lenscap refusals', KEY_BYTES))
  return new Keys(sealing, marking, 'systemd')
}

/** @throws LenscapError `refused` where anyone but its owner may read it */
async function readKeyFile(path: string): Promise<string | undefined> {
  return await stored(path, async () => {
    const text = await readFileIfThere(path)
    if (text === undefined) return undefined
    const { mode } = await stat(path)
    if ((mode & 0o077) === 0) return text
    const advice = `run "chmod 600 ${path}", then "lenscap-agent credentials rotate-key", and change what may have been read`
    throw new LenscapError('refused', `Others can read the key of the credentials: ${advice}`, { path })
  })
}

function parsed(text: string, path: string, from: Keys['from']): Keys {
  const [sealing, marking] = text.split('\n').map((line) => Buffer.from(line, 'base64'))
  if (sealing?.length !== KEY_BYTES || marking?.length !== KEY_BYTES) throw noKey(path)
  return new Keys(sealing, marking, from)
}

const noKey = (path: string) =>
  new LenscapError(
    'invalid',
    `${path} holds no key: put the right file back, or remove it and enter the passwords again`,
    {
      path,
    },
  )

async function stored<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof LenscapError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const advice = 'check that the state folder belongs to the agent and has room'
    throw new LenscapError('storage', `Can't use ${path} (${code}): ${advice}`, { path })
  }
}
