import { closeSync, type FSWatcher, fsyncSync, mkdirSync, openSync, rmSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'

const FILE = 'cap-on'
const LOOK_MS = 1000

/**
 * The local veto. Cap on = a file of that name is there: a shell, a button's hook or a full disk can still set it, and
 * it needs neither a running agent nor a network.
 */
export class Cap {
  readonly #folder: string
  readonly #path: string

  constructor(stateDir: string) {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    this.#folder = stateDir
    this.#path = join(stateDir, FILE)
  }

  /** True while the cap is on; also when that can't be read, since doubt must not let media out. */
  isOn(): boolean {
    try {
      return statSync(this.#path, { throwIfNoEntry: false }) !== undefined
    } catch {
      return true
    }
  }

  set(on: boolean): void {
    if (on) closeSync(openSync(this.#path, 'w', 0o600))
    else rmSync(this.#path, { force: true })
    const folder = openSync(this.#folder, 'r')
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  }

  /**
   * Calls back when the cap may have changed, whoever changed it. Returns how to stop. A box that has no watcher left to
   * give, or a disk that tells nothing, is looked at every second.
   */
  watch(onChange: () => void): () => void {
    let was = this.isOn()
    const look = () => {
      const is = this.isOn()
      if (is === was) return
      was = is
      onChange()
    }
    const timer = setInterval(look, LOOK_MS).unref()
    const watcher = watchFolder(this.#folder, look)
    return () => {
      clearInterval(timer)
      watcher?.close()
    }
  }
}

/** Tells at once, where the system can: it has a limited number of watchers, and what it watches may be taken away. */
function watchFolder(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, (_, name) => {
      if (name === FILE) onChange()
    })
    return watcher.on('error', () => watcher.close()).unref()
  } catch {
    return undefined
  }
}
