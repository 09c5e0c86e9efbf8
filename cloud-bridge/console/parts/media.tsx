import { useEffect, useState } from 'preact/hooks'
import type { Shown } from '../model/poster.ts'
import { contentPath } from '../net/api.ts'
import { type VaultState, vaultPath } from '../vault/vault.ts'
import { useApp, useSelect } from './app.ts'
import { Glyph } from './glyphs.tsx'
import { Unlock } from './unlock.tsx'

/** Why an item is not shown: `unlock` says that a recovery code may help. */
export type Closed = { readonly title: string; readonly words: string; readonly unlock: boolean }

/** How the vault stands; it wakes where `wanted` says that there is something to open. */
export function useVault(wanted: boolean): VaultState {
  const { vault } = useApp()
  const session = useSelect((state) => state.session)
  const [state, setState] = useState(vault.get())
  useEffect(() => {
    setState(vault.get())
    return vault.subscribe(() => setState(vault.get()))
  }, [vault])
  const account = typeof session === 'string' ? undefined : session.account
  useEffect(() => {
    if (wanted && account !== undefined) vault.wake(account).catch(() => undefined)
  }, [vault, wanted, account])
  return state
}

const LOCKED: Closed = {
  title: 'Locked',
  words: 'Only a key of yours opens this, and this browser doesn’t have it. The bridge doesn’t either.',
  unlock: true,
}
const OTHER_KEY: Closed = {
  title: 'Locked with another key',
  words: 'None of the keys in this browser opens this one.',
  unlock: true,
}

/** Why nothing is shown before it was tried: the vault can't work here, or has no key at all. */
const closedBefore = ({ status, why, keys }: VaultState): Closed | undefined => {
  if (status === 'unavailable') return { title: 'Can’t be opened here', words: why, unlock: false }
  return keys.length === 0 ? LOCKED : undefined
}

/** Why the vault, which is awake, did not open what it was given. */
export function closedBy(error: unknown, state: VaultState): Closed {
  const before = closedBefore(state)
  if (before !== undefined) return before
  if (error instanceof Error && 'why' in error && error.why === 'no-key') return OTHER_KEY
  const words = error instanceof Error ? error.message : 'Load the page again.'
  return { title: 'Not shown', words, unlock: false }
}

export type Media =
  | { readonly src: string; readonly failed: () => void }
  | { readonly closed: Closed }
  | { readonly waiting: true }

/** Where an item's picture or clip can be had, decrypted in this browser where need be; or why it can't. */
export function useMedia(of: Shown): Media {
  const { vault } = useApp()
  const state = useVault(of.locked)
  const { status, turn } = state
  const [refused, refuse] = useState<{ readonly src: string; readonly closed: Closed }>()
  const src = of.locked ? vaultPath(of.id, turn) : contentPath(of.id)
  if (of.locked) {
    if (status !== 'ready' && status !== 'unavailable') return { waiting: true }
    const closed = closedBefore(state)
    if (closed !== undefined) return { closed }
  }
  if (refused?.src === src) return { closed: refused.closed }
  const failed = () => {
    const broken = (words: string) => refuse({ src, closed: { title: 'Not shown', words, unlock: false } })
    if (!of.locked) return broken('The bridge does not give it out. Load the page again.')
    vault.look(of.id).then(
      () => broken('This browser can’t show it. Download it for another program.'),
      (error: unknown) => refuse({ src, closed: closedBy(error, vault.get()) }),
    )
  }
  return { src, failed }
}

type StillProps = { readonly of: Shown; readonly alt: string; readonly lazy?: boolean; readonly small?: boolean }

/** A picture, or in its place why it is not shown. */
export function Still({ of, alt, lazy, small }: StillProps) {
  const media = useMedia(of)
  if ('waiting' in media) return null
  if ('closed' in media) return <ClosedFrame closed={media.closed} item={of.id} small={small ?? false} />
  const { src, failed } = media
  return <img src={src} alt={alt} loading={lazy === true ? 'lazy' : 'eager'} decoding="async" onError={failed} />
}

type ClosedProps = { readonly closed: Closed; readonly item: string | undefined; readonly small: boolean }

/** Why it is not shown; with room, the way to unlock it as well. `item`: which, where it is one. */
export function ClosedFrame({ closed, item, small }: ClosedProps) {
  const [asking, ask] = useState(false)
  if (small) {
    return (
      <span class="closed small" data-testid="closed">
        <Glyph name="lock" />
        {closed.title}
      </span>
    )
  }
  return (
    <div class="closed" data-testid="closed">
      <Glyph name="lock" />
      <p class="frame-title">{closed.title}</p>
      <p class="quiet closed-words">{closed.words}</p>
      {closed.unlock && (
        <button type="button" class="button small" onClick={() => ask(true)}>
          Unlock
        </button>
      )}
      {asking && <Unlock item={item} done={() => ask(false)} />}
    </div>
  )
}
