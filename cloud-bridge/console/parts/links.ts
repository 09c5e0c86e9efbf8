import { routeOf } from '../model/router.ts'

/** Lets links to pages of the console change the page without loading it again; all others stay the browser's. */
export function followLinks(document: Document, go: (path: string) => void): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || link.origin !== location.origin) return
    if (link.hasAttribute('download') || link.getAttribute('href')?.startsWith('#') === true) return
    if (routeOf(link.pathname).page === 'lost') return
    event.preventDefault()
    go(link.pathname + link.search)
  })
}
