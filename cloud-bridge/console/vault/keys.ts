import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { secretOf } from '../model/recovery-code.ts'
import { damaged, SealedError, type Unwrap, type WebKey } from './sealed-item.ts'

/** Where keys are kept beyond this visit. */
export interface Shelf {
  all(account: string): Promise<readonly { readonly recipient: string; readonly key: WebKey }[]>
  put(account: string, recipient: string, key: WebKey): Promise<void>
  remove(account: string, recipient: string): Promise<void>
}

/** A key as it is shown: its public half, and whether this browser keeps it. */
export interface HeldKey {
  readonly recipient: string
  readonly kept: boolean
}

interface Key extends HeldKey {
  /** The text only where this browser's WebCrypto knows no X25519. */
  readonly identity: WebKey | string
}

/** RFC 8410: the fixed beginning of a PKCS #8 X25519 key. */
const PKCS8_X25519 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20]

/** The owner's keys in this browser: used here, and never given out again. */
export class Keys {
  readonly #account: string
  readonly #shelf: Shelf | undefined
  readonly #keys = new Map<string, Key>()

  constructor(account: string, shelf: Shelf | undefined) {
    this.#account = account
    this.#shelf = shelf
  }

  /** Takes up what this browser keeps. */
  async wake(): Promise<void> {
    const kept = (await this.#shelf?.all(this.#account).catch(() => [])) ?? []
    for (const { recipient, key } of kept) this.#keys.set(recipient, { recipient, identity: key, kept: true })
  }

  list(): HeldKey[] {
    return [...this.#keys.values()].map(({ recipient, kept }) => ({ recipient, kept }))
  }

  /** @param identity AGE-SECRET-KEY-1… @returns its public half */
  async add(identity: string, keep: boolean): Promise<string> {
    const recipient = await identityToRecipient(identity)
    const key = await importKey(secretOf(identity))
    const kept = keep && key !== undefined && (await this.#keep(recipient, key))
    this.#keys.set(recipient, { recipient, identity: key ?? identity, kept })
    return recipient
  }

  async forget(recipient: string): Promise<void> {
    this.#keys.delete(recipient)
    await this.#shelf?.remove(this.#account, recipient)
  }

  /** By any of the keys. */
  readonly unwrap: Unwrap = (wrapped) => unwrapWith([...this.#keys.values()].map(({ identity }) => identity))(wrapped)

  /** False where this browser keeps nothing, as in some private windows. */
  async #keep(recipient: string, key: WebKey): Promise<boolean> {
    return (
      (await this.#shelf?.put(this.#account, recipient, key).then(
        () => true,
        () => false,
      )) ?? false
    )
  }
}

/** By these keys alone. */
export const unwrapWith =
  (identities: readonly (WebKey | string)[]): Unwrap =>
  async (wrapped) => {
    if (identities.length === 0) throw noKey()
    const decrypter = new Decrypter()
    for (const identity of identities) decrypter.addIdentity(identity)
    try {
      return new Uint8Array(await decrypter.decrypt(wrapped, 'uint8array'))
    } catch (error) {
      if (error instanceof Error && /no identity matched/i.test(error.message)) throw noKey()
      throw damaged()
    }
  }

/** A new identity's text. It is nowhere else: whoever calls shows it to the owner. */
export const newIdentity = generateX25519Identity
export const recipientOf = (identity: string): Promise<string> => identityToRecipient(identity)

/** As a key that can be used and not be read out; undefined where WebCrypto knows no X25519. */
async function importKey(secret: Uint8Array<ArrayBuffer>): Promise<WebKey | undefined> {
  const pkcs8 = new Uint8Array([...PKCS8_X25519, ...secret])
  try {
    return await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'X25519' }, false, ['deriveBits'])
  } catch {
    return undefined
  } finally {
    pkcs8.fill(0)
    secret.fill(0)
  }
}

const noKey = () => new SealedError('no-key', 'No key in this browser opens this.')
