import type {
  ApiError,
  CHANGE_HEADER,
  API as ContractApi,
  EventList,
  ItemList,
  itemContentPath,
  LogList,
  SetupRequest,
  SignInRequest,
  TakeClaimResult,
} from '../../web/api.ts'
import type {
  ConsentView,
  ErasureReceipt,
  HeldView,
  LedgerView,
  MediaKind,
  Overview,
  PrivacyView,
  SessionView,
} from '../model/types.ts'

// Spelled again, since importing the values would bring the schemas' library into the browser; the types hold them equal.
const API: typeof ContractApi = '/api/v1'
const CHANGE: typeof CHANGE_HEADER = 'x-lenscap'

export const STREAM_PATH = `${API}/stream`
export const EXPORT_PATH = `${API}/export`
export const sealedPath = (item: string): string => `${API}/items/${item}/sealed`
export const contentPath: typeof itemContentPath = (item) => `${API}/items/${item}/content`

/** A WebSocket of the page's own origin. */
export const livePath = (camera: string, quality: string): string =>
  new URL(`${API}/cameras/${camera}/live?quality=${quality}`, location.href).href.replace(/^http/, 'ws')

export const PAGE_SIZE = 24
const DEADLINE_MS = 15_000
// Years of records and media may have to go.
const ERASE_DEADLINE_MS = 300_000

/** What went wrong, as advice: `message` is for the owner's eyes. */
export class ApiFailure extends Error {
  readonly kind: 'signed-out' | 'refused' | 'unreachable'
  constructor(kind: ApiFailure['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

export type Api = ReturnType<typeof createApi>

/** The bridge's API. Every call throws `ApiFailure`, and gives up after 15 s. `signedOut` hears of each 401. */
export function createApi(fetch: typeof globalThis.fetch, signedOut: () => void) {
  async function call<T>(method: string, path: string, body?: unknown, deadlineMs = DEADLINE_MS): Promise<T> {
    const change: RequestInit =
      method === 'GET'
        ? {}
        : { headers: { 'content-type': 'application/json', [CHANGE]: '1' }, body: JSON.stringify(body ?? {}) }
    const response = await fetch(`${API}${path}`, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(deadlineMs),
      ...change,
    }).catch(() => {
      throw new ApiFailure('unreachable', 'The bridge does not answer. Check that it runs and that you are online.')
    })
    const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined)
    // The bridge is of the same release and origin: what it answers with success is what the contract says.
    if (response.ok) return answer as T
    if (response.status === 401 && path !== '/session') signedOut()
    throw new ApiFailure(response.status === 401 ? 'signed-out' : 'refused', adviceOf(response.status, answer))
  }

  const page = (beforeMs?: number) =>
    `?limit=${PAGE_SIZE}${beforeMs === undefined ? '' : `&before=${Math.floor(beforeMs)}`}`
  return {
    session: () => call<SessionView>('GET', '/session'),
    signIn: (request: SignInRequest) => call<SessionView>('POST', '/session', request),
    signOut: () => call<void>('DELETE', '/session'),
    setUp: (request: SetupRequest) => call<SessionView>('POST', '/setup', request),
    overview: () => call<Overview>('GET', '/overview'),
    events: (camera: string, beforeMs?: number) => call<EventList>('GET', `/cameras/${camera}/events${page(beforeMs)}`),
    items: (camera: string, beforeMs?: number) => call<ItemList>('GET', `/cameras/${camera}/items${page(beforeMs)}`),
    logs: (camera: string, beforeMs?: number) => call<LogList>('GET', `/cameras/${camera}/log${page(beforeMs)}`),
    setConsent: (camera: string, kinds: MediaKind[]) =>
      call<ConsentView>('PUT', `/cameras/${camera}/consent`, { kinds }),
    removeCamera: (camera: string) => call<void>('DELETE', `/cameras/${camera}`, {}, ERASE_DEADLINE_MS),
    allOff: () => call<void>('DELETE', '/consent'),
    deleteItem: (item: string) => call<void>('DELETE', `/items/${item}`),
    refresh: (agent: string) => call<void>('POST', `/agents/${agent}/refresh`),
    ledger: (agent: string) => call<LedgerView>('GET', `/agents/${agent}/ledger`),
    privacy: () => call<PrivacyView>('GET', '/privacy'),
    setPrivacy: (recipients: readonly string[], password: string) =>
      call<PrivacyView>('PUT', '/privacy', { recipients, password }),
    held: () => call<HeldView>('GET', '/held'),
    erase: (password: string) => call<ErasureReceipt>('DELETE', '/account', { password }, ERASE_DEADLINE_MS),
    takeClaim: (userCode: string) => call<TakeClaimResult>('POST', '/claims', { userCode }),
  }
}

function adviceOf(status: number, answer: unknown): string {
  const said = (answer as Partial<ApiError> | undefined)?.message
  if (status === 429) return 'Too many tries. Wait a minute, then try again.'
  if (typeof said === 'string' && said !== '') return said
  if (status === 401) return 'You are signed out. Sign in again.'
  if (status >= 500) return 'The bridge failed at this. Try again; its log says more.'
  return `The bridge refused this (${status}). Load the page again, then retry.`
}

/** The words of any failure. */
export const advice = (error: unknown): string =>
  error instanceof ApiFailure ? error.message : 'Something went wrong here. Load the page again.'
