import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Route } from '../model/router.ts'
import { useApp, useChange, useSelect } from './app.ts'
import { Glyph } from './glyphs.tsx'

const NAV = [
  { href: '/', label: 'Cameras', pages: ['cameras', 'camera'] },
  { href: '/activity', label: 'Activity', pages: ['activity'] },
  { href: '/claim', label: 'Add a box', pages: ['claim'] },
  { href: '/settings', label: 'Settings', pages: ['settings', 'looking'] },
] as const satisfies { href: string; label: string; pages: Route['page'][] }[]

/** The head with the ways to each page, and the page. After a step the focus goes to the page's own heading. */
export function Shell({ route, path, children }: { route: Route; path: string; children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  useEffect(() => {
    if (first.current) {
      first.current = false
      return
    }
    window.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [path])
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="head">
        <a class="brand" href="/">
          <Glyph name="mark" />
          Lenscap
        </a>
        <nav aria-label="Pages">
          {NAV.map(({ href, label, pages }) => (
            <a key={href} href={href} aria-current={pages.some((page) => page === route.page) ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <Who />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  )
}

function Who() {
  const { api, store, go } = useApp()
  const session = useSelect((state) => state.session)
  const { busy, run } = useChange()
  if (typeof session === 'string') return null
  const signOut = () =>
    run(async () => {
      await api.signOut()
      store.dispatch({ type: 'session', session: 'none' })
      go('/signin', 'replace')
    })
  return (
    <div class="who">
      <span class="who-name quiet">{session.name}</span>
      <button type="button" class="button small" aria-busy={busy} onClick={signOut}>
        Sign out
      </button>
    </div>
  )
}

/** The page of those who have not signed in: the mark above one form. */
export function Door({ title, lead, children }: { title: string; lead: string; children: ComponentChildren }) {
  return (
    <main class="door" id="main">
      <div class="door-mark">
        <Glyph name="cap" />
      </div>
      <h1>{title}</h1>
      <p class="quiet door-lead">{lead}</p>
      {children}
    </main>
  )
}
