import { useState } from 'preact/hooks'
import type { ItemView } from '../model/types.ts'
import { contentPath, sealedPath } from '../net/api.ts'
import { saveItem } from '../vault/save.ts'
import { useApp, useChange } from './app.ts'
import { useVault } from './media.tsx'

type DownloadProps = { readonly item: ItemView; readonly name: string; readonly words: string }

/** The item as a file: from the bridge, or opened in this browser; of what is encrypted for its owner, that too. */
export function Download({ item, name, words }: DownloadProps) {
  if (item.locked) return <DownloadLocked item={item} name={name} words={words} />
  return (
    <a href={contentPath(item.id)} download={name} aria-label={`Download ${words}`}>
      Download
    </a>
  )
}

function DownloadLocked({ item, name, words }: DownloadProps) {
  const { vault } = useApp()
  const { status, keys } = useVault(true)
  const { busy, error, run } = useChange()
  const [share, setShare] = useState(0)
  const isOpen = status === 'ready' && keys.length > 0
  const download = () =>
    run(async () => {
      await saveItem(vault, item.id, name, setShare)
    })
  return (
    <>
      {isOpen && (
        <button type="button" class="link" aria-busy={busy} aria-label={`Download ${words}`} onClick={download}>
          {busy ? `${Math.round(share * 100)} %` : 'Download'}
        </button>
      )}
      <a
        href={sealedPath(item.id)}
        download={`${name}.lenscap`}
        title="As it is encrypted: opens with your key, without this bridge"
        aria-label={`Download encrypted ${words}`}
      >
        Encrypted
      </a>
      {error !== undefined && (
        <span class="trouble-words" role="alert">
          {error}
        </span>
      )}
    </>
  )
}

/** A name that every file system takes: the camera's own string may hold anything. */
export function fileName(name: string, item: ItemView): string {
  const camera =
    name
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 60) || 'camera'
  const time = new Date(item.takenAt).toISOString().slice(0, 19).replaceAll(':', '-')
  const ending = item.contentType === 'video/mp4' ? 'mp4' : item.contentType === 'image/jpeg' ? 'jpg' : 'bin'
  return `${camera}-${time}.${ending}`
}
