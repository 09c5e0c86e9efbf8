import { createContext } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import type { Action, State } from '../model/state.ts'
import type { Store } from '../model/store.ts'
import type { Api } from '../net/api.ts'
import type { Vault } from '../vault/vault.ts'

/** What every part of the page may use; made once, by main. */
export type App = {
  readonly store: Store<State, Action>
  readonly api: Api
  /** What opens media that are encrypted for keys that only the owner holds. */
  readonly vault: Vault
  /** Goes to a page of the console. `replace` leaves no step back. */
  readonly go: (path: string, how?: 'push' | 'replace') => void
  /** Ticks now and then, so that "2 min ago" grows. */
  readonly clock: { now(): number; subscribe(listener: () => void): () => void }
}

const AppContext = createContext<App | undefined>(undefined)
export const AppProvider = AppContext.Provider

export function useApp(): App {
  const app = useContext(AppContext)
  if (app === undefined) throw new Error('a part was rendered outside AppProvider')
  return app
}

/** The part of the state that `select` picks; renders again only when that changes. */
export function useSelect<T>(select: (state: State) => T): T {
  const { store } = useApp()
  const picked = select(store.get())
  const last = useRef({ picked, select })
  last.current = { picked, select }
  const [, render] = useState(0)
  useEffect(() => {
    const check = () => {
      if (!Object.is(last.current.select(store.get()), last.current.picked)) render((n) => n + 1)
    }
    check()
    return store.subscribe(check)
  }, [store])
  return picked
}

/** The time, renewed every few seconds. */
export function useNow(): number {
  const { clock } = useApp()
  const [now, setNow] = useState(() => clock.now())
  useEffect(() => clock.subscribe(() => setNow(clock.now())), [clock])
  // What just came is not in the future, even between two ticks.
  return Math.max(now, clock.now())
}

/** Names the page in the tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Lenscap`
  }, [title])
}

/** Runs one change at a time and tells how it stands. */
export function useChange(): { busy: boolean; error: string | undefined; run: (work: () => Promise<void>) => void } {
  const [state, setState] = useState<{ busy: boolean; error: string | undefined }>({ busy: false, error: undefined })
  const busy = useRef(false)
  const run = (work: () => Promise<void>) => {
    if (busy.current) return
    busy.current = true
    setState({ busy: true, error: undefined })
    work()
      .then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
      .then((error) => {
        busy.current = false
        setState({ busy: false, error })
      })
      .catch(() => undefined)
  }
  return { ...state, run }
}
