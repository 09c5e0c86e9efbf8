import { createCipheriv, createDecipheriv, createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { LenscapError } from '../../agent/base/errors.ts'
import { readFileIfThere, writeFileDurably } from '../../agent/base/files.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts the accounts' private keys at rest (AES-256-GCM) with a key in a file of its own, so that a copy of the
 * records alone signs nothing. The account's id is bound in: a sealed key moved to another account does not open.
 */
export class KeyBox {
  readonly #key: Buffer

  private constructor(key: Buffer) {
    this.#key = key
  }

  /** Opens the key file, or makes it (mode 0600). @throws LenscapError `storage` when it is damaged */
  static async open(path: string): Promise<KeyBox> {
    const text = await readFileIfThere(path)
    if (text === undefined) {
      const key = randomBytes(32)
      await writeFileDurably(path, `${key.toString('base64url')}\n`)
      return new KeyBox(key)
    }
    await chmod(path, 0o600)
    const key = Buffer.from(text.trim(), 'base64url')
    if (key.length !== 32) throw new LenscapError('storage', `${path} is damaged: restore it from a backup`, { path })
    return new KeyBox(key)
  }

  seal(privateKey: KeyObject, account: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(account))
    const bytes = Buffer.concat([cipher.update(privateKey.export({ format: 'der', type: 'pkcs8' })), cipher.final()])
    return Buffer.concat([nonce, bytes, cipher.getAuthTag()]).toString('base64url')
  }

  /** @throws LenscapError `storage` when the key file is not the one that sealed it */
  unseal(sealed: string, account: string): KeyObject {
    const bytes = Buffer.from(sealed, 'base64url')
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES))
      decipher.setAAD(Buffer.from(account)).setAuthTag(bytes.subarray(-TAG_BYTES))
      const der = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    } catch (cause) {
      throw new LenscapError(
        'storage',
        'The key file does not fit the records: restore the one they were made with',
        {},
        cause,
      )
    }
  }
}
