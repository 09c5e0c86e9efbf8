import type { Vault } from './vault.ts'

/**
 * Saves an item, decrypted here, as a file of the owner's. Piece by piece: browsers put large blobs on disk.
 * @throws VaultError where a piece can't be read or does not open; then nothing is saved
 */
export async function saveItem(vault: Vault, item: string, name: string, done: (share: number) => void): Promise<void> {
  const { contentType, plainBytes } = await vault.look(item)
  const pieces: Blob[] = []
  for (let at = 0; at < plainBytes; ) {
    const piece = await vault.read(item, at)
    pieces.push(new Blob([piece.bytes]))
    at = piece.end + 1
    done(at / plainBytes)
  }
  saveBlob(new Blob(pieces, { type: contentType }), name)
}

/** Has the browser save a blob. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  // The browser has taken it up by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
