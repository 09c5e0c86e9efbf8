/** The console's pages. */
export type Route =
  | {
      readonly page: 'cameras' | 'activity' | 'claim' | 'settings' | 'looking' | 'setup' | 'signin' | 'erased' | 'lost'
    }
  | { readonly page: 'camera' | 'box'; readonly id: string }

const ID = /^[a-z2-7]{8,32}$/
const PAGES: Record<string, Route> = {
  '/': { page: 'cameras' },
  '/activity': { page: 'activity' },
  '/claim': { page: 'claim' },
  '/erased': { page: 'erased' },
  '/settings': { page: 'settings' },
  '/settings/who-can-look': { page: 'looking' },
  '/setup': { page: 'setup' },
  '/signin': { page: 'signin' },
}

/** Which page a path means; `lost` for what is none. */
export function routeOf(pathname: string): Route {
  const path = pathname.length > 1 ? pathname.replace(/\/+$/, '') || '/' : pathname
  const fixed = Object.hasOwn(PAGES, path) ? PAGES[path] : undefined
  if (fixed !== undefined) return fixed
  const [, page, id, ...rest] = path.split('/')
  if ((page === 'camera' || page === 'box') && id !== undefined && ID.test(id) && rest.length === 0) return { page, id }
  return { page: 'lost' }
}

/** The path of a page of its own. */
export const cameraPath = (id: string): string => `/camera/${id}`
export const LOOKING_PATH = '/settings/who-can-look'
export const boxPath = (id: string): string => `/box/${id}`

/** Pages for those who are not signed in. */
export const isOutside = (page: Route['page']): boolean => page === 'signin' || page === 'setup' || page === 'erased'

/** Where to sign in, and where to go after. */
export const signInPath = (from: string): string =>
  from === '/' || routeOf(from).page === 'signin' ? '/signin' : `/signin?next=${encodeURIComponent(from)}`

/** Where to go after signing in: only ever a page of this console. */
export function nextPath(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/'
  const { page } = routeOf(next)
  return next.startsWith('//') || page === 'lost' || isOutside(page) ? '/' : next
}

/** The one-time token behind the `#` of the set-up link: it stays in the browser, never in a request's path. */
export const setupToken = (hash: string): string => hash.replace(/^#/, '').trim()
