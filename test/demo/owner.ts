import type { z } from 'zod'
import {
  API,
  ApiError,
  CHANGE_HEADER,
  ConsentView,
  ItemList,
  LedgerView,
  Overview,
  SessionView,
  TakeClaimResult,
} from '../../cloud-bridge/web/api.ts'

const DEADLINE_MS = 10_000

/** The session is over, and nobody here ended it: the account was deleted in the console. */
class SignedOut extends Error {
  constructor() {
    super('The account was deleted in the console, so the demo ends here. "make demo" starts afresh.')
  }
}

/** An owner at the console's API, as a browser would be: one cookie, JSON, nothing else. */
export class Owner {
  readonly #base: string
  #cookie = ''

  constructor(bridgeUrl: string) {
    this.#base = `${bridgeUrl}${API}`
  }

  setUp(account: { token: string; name: string; email: string; username: string; password: string }) {
    return this.#send('POST', '/setup', SessionView, account)
  }

  signIn(username: string, password: string) {
    return this.#send('POST', '/session', SessionView, { username, password })
  }

  takeClaim(userCode: string) {
    return this.#send('POST', '/claims', TakeClaimResult, { userCode })
  }

  overview() {
    return this.#send('GET', '/overview', Overview)
  }

  allow(camera: string, kinds: string[]) {
    return this.#send('PUT', `/cameras/${camera}/consent`, ConsentView, { kinds })
  }

  items(camera: string) {
    return this.#send('GET', `/cameras/${camera}/items`, ItemList)
  }

  ledger(agent: string) {
    return this.#send('GET', `/agents/${agent}/ledger`, LedgerView)
  }

  /** Where a live view is, and what a browser would send with it. */
  live(camera: string, quality: 'grid' | 'one') {
    const url = new URL(`${this.#base}/cameras/${camera}/live?quality=${quality}`)
    const { origin } = url
    url.protocol = 'ws:'
    return { url, headers: { cookie: this.#cookie, origin } }
  }

  signOut() {
    return fetch(`${this.#base}/session`, {
      method: 'DELETE',
      headers: { cookie: this.#cookie, [CHANGE_HEADER]: '1' },
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
  }

  /** The bytes of an item, as it was taken or as it is encrypted, or the status that refused them. */
  async content(item: string, form: 'content' | 'sealed' = 'content'): Promise<Buffer | number> {
    const response = await fetch(`${this.#base}/items/${item}/${form}`, {
      headers: { cookie: this.#cookie },
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    return response.ok ? Buffer.from(await response.arrayBuffer()) : response.status
  }

  async #send<T>(method: string, path: string, schema: z.ZodType<T>, body?: object): Promise<T> {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      headers: { cookie: this.#cookie, [CHANGE_HEADER]: '1', ...(body && { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(body && { body: JSON.stringify(body) }),
    })
    const [cookie] = response.headers.getSetCookie()
    if (cookie) this.#cookie = cookie.split(';')[0] ?? ''
    const answer: unknown = await response.json()
    if (response.ok) return schema.parse(answer)
    if (response.status === 401 && path === '/overview') throw new SignedOut()
    const refusal = ApiError.safeParse(answer)
    throw new Error(`${method} ${path}: ${refusal.success ? refusal.data.message : response.status}`)
  }
}
