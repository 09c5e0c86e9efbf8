import type { ComponentChildren } from 'preact'
import { ago, exact } from '../model/format.ts'
import type { HealthFacts } from '../model/types.ts'
import { DIAGNOSIS, healthWords } from '../model/words.ts'
import { useNow } from './app.ts'

/** How long ago, with the exact time in its title. */
export function Ago({ at }: { at: number }) {
  const now = useNow()
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)}>
      {ago(at, now)}
    </time>
  )
}

/** Health as a dot whose shape differs as its colour does, and words. */
export function Health({ health }: { health: HealthFacts | null }) {
  const first = health?.diagnoses[0]
  return (
    <span class="health">
      <span class={`dot dot-${health?.level ?? 'unknown'}`} aria-hidden="true" />
      <span>
        {healthWords(health).label}
        {first !== undefined && <span class="quiet"> · {DIAGNOSIS[first.code].title}</span>}
      </span>
    </span>
  )
}

/** Says what went wrong, at once also to those who listen. */
export function Trouble({ children }: { children: ComponentChildren }) {
  return (
    <p class="trouble" role="alert">
      {children}
    </p>
  )
}

/** Nothing to show yet, and what to do about it. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <div class="quiet">{children}</div>
    </div>
  )
}

/** Appears only when loading takes long enough to be noticed: the style delays it. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      <span class="loading-ring" aria-hidden="true" />
      Loading {what} …
    </p>
  )
}
