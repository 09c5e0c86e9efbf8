import type { Shelf } from './keys.ts'

const DATABASE = 'lenscap-keys'
const STORE = 'keys'
const BY_ACCOUNT = 'account'

interface Entry {
  readonly account: string
  readonly recipient: string
  readonly key: CryptoKey
}

/** Keys that the owner lets this browser keep: as CryptoKeys that no page can read out, in IndexedDB. */
export class KeyShelf implements Shelf {
  readonly #db: Promise<IDBDatabase>

  constructor() {
    this.#db = open()
    this.#db.catch(() => undefined)
  }

  async all(account: string): Promise<Entry[]> {
    const store = (await this.#db).transaction(STORE).objectStore(STORE)
    return await done(store.index(BY_ACCOUNT).getAll(account) as IDBRequest<Entry[]>)
  }

  async put(account: string, recipient: string, key: CryptoKey): Promise<void> {
    await done((await this.#db).transaction(STORE, 'readwrite').objectStore(STORE).put({ account, recipient, key }))
  }

  async remove(account: string, recipient: string): Promise<void> {
    await done((await this.#db).transaction(STORE, 'readwrite').objectStore(STORE).delete([account, recipient]))
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1)
  request.onupgradeneeded = () =>
    request.result.createObjectStore(STORE, { keyPath: ['account', 'recipient'] }).createIndex(BY_ACCOUNT, 'account')
  return done(request)
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
