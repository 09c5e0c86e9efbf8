import { randomBytes } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { Bell } from '../base/bell.ts'
import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import { type Credential, sameCredential } from '../base/secret.ts'
import { type CredentialSet, isFor, type Subject } from './for.ts'
import { Keys } from './keys.ts'
import type { Marker } from './refusal-log.ts'
import { type CredentialStore, STORE_FILE } from './store.ts'

/** Several writes of one change come as one. */
const SETTLE_MS = 200

/** Where the file system tells no changes, they are looked for this often. */
const LOOK_EVERY_MS = 60_000

export interface BookOptions {
  readonly stateDir: string
  readonly store: Pick<CredentialStore, 'read'>
  /** The configuration file's, in its order: tried before those of the store. */
  readonly configured: readonly CredentialSet[]
  /** A store that can't be read, or was damaged: in words for the installer. */
  readonly onTrouble: (message: string) => void
  readonly clock: Clock
}

/** All sets of this box as they are now, and the key that marks what was refused. */
export class CredentialBook implements Marker {
  readonly #options: BookOptions
  #configured: readonly CredentialSet[]
  #stored: readonly CredentialSet[] = []
  #keys: Keys
  #trouble = ''

  private constructor(options: BookOptions) {
    this.#options = options
    this.#configured = options.configured
    // Where the store's key can't be used, what is refused is remembered until the process ends.
    this.#keys = new Keys(randomBytes(32), randomBytes(32), 'file')
  }

  /** Reads the store. One that can't be read is told and left out: a box without it still watches its cameras. */
  static async open(options: BookOptions): Promise<CredentialBook> {
    const book = new CredentialBook(options)
    await book.#read()
    return book
  }

  /** In the order in which they are tried: those of the file, then those of the store. */
  sets(): readonly CredentialSet[] {
    return [...this.#configured, ...this.#stored]
  }

  /** Those meant for this device, each user and password once. */
  setsFor(subject: Subject): readonly Credential[] {
    const meant = this.sets().filter((set) => isFor(set.for, subject))
    return meant.filter((set, i) => meant.findIndex((each) => sameCredential(each, set)) === i)
  }

  /** The configuration file was read again. */
  configure(configured: readonly CredentialSet[]): void {
    this.#configured = configured
  }

  mark(...parts: readonly string[]): string {
    return this.#keys.mark(...parts)
  }

  /** Reads the store again whenever it changes, and says so if other sets came of it; until the signal fires. */
  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    const { clock, stateDir } = this.#options
    const bell = new Bell(clock)
    signal.addEventListener('abort', bell.ring, { once: true })
    using _ = watchFile(stateDir, STORE_FILE, bell.ring)
    while (!signal.aborted) {
      await bell.wait(LOOK_EVERY_MS)
      await clock.sleep(SETTLE_MS, signal).catch(() => {})
      if (!signal.aborted && (await this.#read())) onChange()
    }
  }

  /** @returns whether the sets are others now */
  async #read(): Promise<boolean> {
    const before = this.#stored
    try {
      const { sets, keys, trouble } = await this.#options.store.read()
      this.#keys = keys
      this.#stored = sets
      this.#tell(trouble)
    } catch (error) {
      this.#tell(error)
    }
    return !isSame(before, this.#stored)
  }

  /** Each trouble once, until it is another or over. */
  #tell(error: unknown): void {
    const message = error === undefined ? '' : describeError(error)
    if (message !== '' && message !== this.#trouble) this.#options.onTrouble(message)
    this.#trouble = message
  }
}

/** Rings whenever a file of that name is changed, made or replaced in the folder. */
function watchFile(folder: string, name: string, ring: () => void): Disposable {
  let watcher: FSWatcher | undefined
  try {
    watcher = watch(folder, { persistent: false }, (_, changed) => {
      if (changed === name) ring()
    })
    watcher.on('error', () => {})
  } catch {
    // Too many watched folders on this box, or a file system that tells nothing: the clock brings it.
  }
  return { [Symbol.dispose]: () => watcher?.close() }
}

function isSame(a: readonly CredentialSet[], b: readonly CredentialSet[]): boolean {
  return a.length === b.length && a.every((set, i) => set.id === b[i]?.id && sameCredential(set, b[i]))
}
