import { render } from 'preact'
import { Console } from './console.tsx'
import { routeOf } from './model/router.ts'
import { reduce, START } from './model/state.ts'
import { createStore } from './model/store.ts'
import { ApiFailure, advice, createApi, STREAM_PATH } from './net/api.ts'
import { keepLive } from './net/live.ts'
import { type App, AppProvider } from './parts/app.ts'
import { createClock } from './parts/clock.ts'
import { followLinks } from './parts/links.ts'
import { Vault } from './vault/vault.ts'

/** Puts the console together: the one place that knows all its parts. */
function start(root: HTMLElement): void {
  const store = createStore(START, reduce, (run) => setTimeout(run, 16))
  const api = createApi(window.fetch.bind(window), () => store.dispatch({ type: 'session', session: 'none' }))
  const go: App['go'] = (path, how = 'push') => {
    if (how === 'push') history.pushState(null, '', path)
    else history.replaceState(null, '', path)
    // Not at once: an effect may be what goes, and rendering within it would run that effect again.
    queueMicrotask(paint)
  }
  const app: App = { store, api, vault: new Vault(), go, clock: createClock() }
  const paint = () => {
    const path = location.pathname
    render(
      <AppProvider value={app}>
        <Console route={routeOf(path)} path={path} />
      </AppProvider>,
      root,
    )
  }
  window.addEventListener('popstate', paint)
  followLinks(document, go)
  watchSession(app)
  paint()
}

/** Keeps the stream open for as long as somebody is signed in. */
function watchSession({ store, api, vault }: App): void {
  let life: AbortController | undefined
  store.subscribe(() => {
    const signedIn = typeof store.get().session !== 'string'
    if (!signedIn) {
      life?.abort()
      life = undefined
      // Whoever signs in next has keys of their own.
      if (store.get().session === 'none') vault.sleep()
    } else if (life === undefined) {
      life = new AbortController()
      const deps = {
        open: () => new EventSource(STREAM_PATH),
        overview: api.overview,
        dispatch: store.dispatch,
        sleep,
        random: Math.random,
      }
      keepLive(deps, life.signal).catch(() => undefined)
    }
  })
  const ask = () =>
    api.session().then(
      (session) => store.dispatch({ type: 'session', session }),
      (error: unknown) => {
        if (error instanceof ApiFailure && error.kind === 'signed-out') {
          store.dispatch({ type: 'session', session: 'none' })
          return
        }
        store.dispatch({ type: 'trouble', message: advice(error) })
        setTimeout(ask, 3000)
      },
    )
  ask().catch(() => undefined)
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}

const root = document.getElementById('app')
if (root !== null) start(root)
