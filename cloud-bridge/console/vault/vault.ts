import type { HeldKey } from './keys.ts'
import type { Answer, Ask, AskName, Asks } from './messages.ts'
import type { Item } from './reader.ts'
import type { OpenedHead, Refusal } from './sealed-item.ts'

/** How things stand in this browser. */
export interface VaultState {
  /** `asleep`: not asked for yet. `unavailable`: this browser, or this address, can't; `why` says so in words. */
  readonly status: 'asleep' | 'waking' | 'ready' | 'unavailable'
  readonly why: string
  /** The keys that this page can use now. */
  readonly keys: readonly HeldKey[]
  /** Counts changes of the keys, so that what was refused is asked for again. */
  readonly turn: number
}

/** An answer that is none, in words. */
class VaultError extends Error {
  readonly why: Refusal | 'failed' | 'nowhere' | 'unavailable'
  constructor(why: VaultError['why'], message: string) {
    super(message)
    this.why = why
  }
}

const ASLEEP: VaultState = { status: 'asleep', why: '', keys: [], turn: 0 }
const DEADLINE_MS = 90_000
const CONTROL_MS = 10_000
const PIPE_PATH = '/vault-pipe.js'

const INSECURE =
  'Browsers decrypt only on pages that came by https (or from this very machine). Open the console by its https address.'
const NO_PIPE =
  'This window can’t show encrypted media: its browser has no service workers here. Use an ordinary, not a private, window.'

/** Where `<img>` and `<video>` find an item, decrypted in this browser. */
export const vaultPath = (item: string, turn: number): string => `/vault/${item}?${turn}`

/**
 * The page's side of the vault. The keys are in its worker, and nothing here can read them out of it. Nothing of it is
 * loaded before `wake`.
 */
export class Vault {
  #state = ASLEEP
  #worker: Worker | undefined
  #awake: Promise<void> | undefined
  readonly #listeners = new Set<() => void>()

  readonly get = (): VaultState => this.#state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Starts the worker, once, with the keys that this browser keeps for this account. Resolves when the state says how it went. */
  wake(account: string): Promise<void> {
    this.#awake ??= this.#wake(account)
    return this.#awake
  }

  async #wake(account: string): Promise<void> {
    if (!window.isSecureContext) return this.#set({ status: 'unavailable', why: INSECURE })
    if (navigator.serviceWorker === undefined) return this.#set({ status: 'unavailable', why: NO_PIPE })
    this.#set({ status: 'waking' })
    try {
      this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'vault' })
      const keys = await this.ask('wake', { account })
      await layPipe(this.#forward)
      this.#set({ status: 'ready', keys })
    } catch {
      this.#set({ status: 'unavailable', why: NO_PIPE })
    }
  }

  /** Forgets the keys that are not kept, and everything that was opened. */
  sleep(): void {
    if (this.#state.status === 'asleep') return
    this.#worker?.terminate()
    this.#worker = undefined
    this.#awake = undefined
    this.#set({ ...ASLEEP, turn: this.#state.turn + 1 })
  }

  make = () => this.ask('make', {})
  /** Whose key it is, and whether it opens this item. */
  test = (identity: string, item: string | undefined) => this.ask('test', { identity, item })
  look = (item: string): Promise<Item> => this.ask('look', { item })
  read = (item: string, start: number) => this.ask('read', { item, start, end: undefined })
  /** What opens what follows this head: for `openChunk`, `openLiveMessage`. @throws VaultError `no-key`, `damaged` … */
  openHead = (head: Uint8Array<ArrayBuffer>): Promise<OpenedHead> => this.ask('head', { head })

  /** Takes a key into use. `keep`: also for later visits of this browser; the state says whether that went. */
  async add(identity: string, keep: boolean): Promise<void> {
    this.#set({ keys: await this.ask('add', { identity, keep }), turn: this.#state.turn + 1 })
  }

  async forget(recipient: string): Promise<void> {
    this.#set({ keys: await this.ask('forget', { recipient }), turn: this.#state.turn + 1 })
  }

  /** @throws VaultError */
  async ask<Name extends AskName>(name: Name, of: Asks[Name]['in']): Promise<Asks[Name]['out']> {
    const worker = this.#worker
    if (worker === undefined) throw new VaultError('unavailable', this.#state.why || 'Load the page again.')
    const { port1, port2 } = new MessageChannel()
    const answer = await new Promise<Answer<Asks[Name]['out']>>((resolve) => {
      const never = () => resolve({ why: 'failed', message: 'Something went wrong here. Load the page again.' })
      const timer = setTimeout(never, DEADLINE_MS)
      worker.addEventListener('error', never, { once: true })
      port1.onmessage = ({ data }: MessageEvent<Answer<Asks[Name]['out']>>) => {
        clearTimeout(timer)
        worker.removeEventListener('error', never)
        resolve(data)
      }
      worker.postMessage({ ask: name, ...of }, [port2])
    }).finally(() => port1.close())
    if ('value' in answer) return answer.value
    throw new VaultError(answer.why, answer.message)
  }

  /** A player's question, from the service worker. */
  readonly #forward = ({ data, ports: [port] }: MessageEvent<Ask>): void => {
    if (port === undefined || data.ask !== 'read') return
    if (this.#worker) this.#worker.postMessage(data, [port])
    else port.postMessage({ why: 'no-key', message: 'There is no key here.' } satisfies Answer<never>)
  }

  #set(change: Partial<VaultState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of [...this.#listeners]) listener()
  }
}

/** Has the service worker take this page in. @throws where the browser lets none run here */
async function layPipe(forward: (message: MessageEvent<Ask>) => void): Promise<void> {
  const { serviceWorker } = navigator
  serviceWorker.addEventListener('message', forward)
  serviceWorker.startMessages()
  await serviceWorker.register(PIPE_PATH, { scope: '/', updateViaCache: 'none' })
  const { active } = await serviceWorker.ready
  if (serviceWorker.controller !== null) return
  await new Promise<void>((resolve, reject) => {
    serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true })
    setTimeout(() => reject(new Error('no control')), CONTROL_MS)
    active?.postMessage('claim')
  })
}
