import { createHash, createPrivateKey, sign } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** As `sha256sum -c` reads it, in the order of the names. */
export async function writeSums(folder: string, files: readonly string[]): Promise<string> {
  const lines = await Promise.all(
    files.toSorted().map(
      async (file) =>
        `${createHash('sha256')
          .update(await readFile(file))
          .digest('hex')}  ${basename(file)}\n`,
    ),
  )
  const path = join(folder, 'SHA256SUMS')
  await writeFile(path, lines.join(''))
  return path
}

/**
 * Signs a file with the maker's Ed25519 key (PKCS #8, PEM); the signature's 64 bytes lie beside it as `.sig`.
 * @throws Error for a key of another kind, without quoting it
 */
export async function signFile(path: string, keyPath: string): Promise<string> {
  const pem = await readFile(keyPath)
  const key = (() => {
    try {
      return createPrivateKey(pem)
    } catch {
      throw new Error(
        `${keyPath} holds no private key: make one by "openssl genpkey -algorithm ed25519 -out ${keyPath}"`,
      )
    }
  })()
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${keyPath} is no Ed25519 key`)
  await writeFile(`${path}.sig`, sign(null, await readFile(path), key))
  return `${path}.sig`
}
