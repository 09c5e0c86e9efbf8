import type { Answer, Ask } from './messages.ts'
import type { Piece } from './reader.ts'

/*
 * The service worker: lets `<img>` and `<video>` of the console ask for /vault/ITEM, with ranges, as of any server. It
 * has no key and keeps nothing: each question goes to the page that asked, and on to its vault.
 */

interface FetchAsked {
  readonly request: Request
  readonly clientId: string
  respondWith(response: Promise<Response>): void
}

interface Awaiting {
  waitUntil(work: Promise<unknown>): void
}

/** What of `ServiceWorkerGlobalScope` is used; its own types do not go together with those of pages. */
interface Scope {
  readonly clients: {
    claim(): Promise<void>
    get(id: string): Promise<{ postMessage(message: Ask, transfer: Transferable[]): void } | undefined>
  }
  skipWaiting(): Promise<void>
  addEventListener(type: 'fetch', listener: (event: FetchAsked) => void): void
  addEventListener(type: 'install' | 'activate' | 'message', listener: (event: Awaiting) => void): void
}

const scope = globalThis as unknown as Scope
const PATH = /^\/vault\/([a-z2-7]{8,32})$/
const DEADLINE_MS = 60_000
// What is no clip is given out whole; no picture is larger.
const WHOLE_BYTES_MAX = 16 * 1024 * 1024

scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()))
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()))
// A page that was loaded past us, as with Shift, asks to be taken in.
scope.addEventListener('message', (event) => event.waitUntil(scope.clients.claim()))

scope.addEventListener('fetch', (event) => {
  const { request, clientId } = event
  const url = new URL(request.url)
  const [, item] = PATH.exec(url.pathname) ?? []
  // A page of its own is never made of an item, whatever is in it.
  if (item === undefined || url.origin !== location.origin || request.mode === 'navigate') return
  event.respondWith(respond(item, clientId, request.headers.get('range')))
})

async function respond(item: string, client: string, range: string | null): Promise<Response> {
  const [, from, to] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(range ?? '') ?? []
  const start = Number(from ?? 0)
  const end = to === undefined || to === '' ? undefined : Number(to)
  const first = await read(client, item, start, end)
  if (!('value' in first)) return new Response(null, { status: STATUS[first.why] ?? 502 })
  const { value } = first
  return from === undefined ? await whole(client, item, value) : part(value)
}

const STATUS: Readonly<Partial<Record<string, number>>> = { 'no-key': 403, gone: 404, nowhere: 416 }

/** Fewer bytes than were asked for: the player asks for what follows when it needs it. */
function part(piece: Piece): Response {
  const { start, end, plainBytes, bytes } = piece
  const headers = {
    ...headersOf(piece),
    'content-range': `bytes ${start}-${end}/${plainBytes}`,
    'content-length': `${bytes.length}`,
  }
  const response = new Response(bytes, { status: 206, headers })
  // The answer has a copy of its own: memory is given back at once where the browser can.
  if ('transfer' in bytes.buffer) bytes.buffer.transfer(0)
  return response
}

async function whole(client: string, item: string, first: Piece): Promise<Response> {
  const pieces = [first.bytes]
  if (first.plainBytes > WHOLE_BYTES_MAX) return new Response(null, { status: 413 })
  for (let at = first.end + 1; at < first.plainBytes; ) {
    const next = await read(client, item, at, undefined)
    if (!('value' in next)) return new Response(null, { status: 502 })
    pieces.push(next.value.bytes)
    at = next.value.end + 1
  }
  return new Response(new Blob(pieces), {
    headers: { ...headersOf(first), 'content-length': `${first.plainBytes}` },
  })
}

const headersOf = ({ contentType }: Piece) => ({
  'content-type': contentType,
  'accept-ranges': 'bytes',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
})

async function read(client: string, item: string, start: number, end: number | undefined): Promise<Answer<Piece>> {
  const page = await scope.clients.get(client)
  if (page === undefined) return { why: 'failed', message: 'The page is gone.' }
  const { port1, port2 } = new MessageChannel()
  try {
    return await new Promise<Answer<Piece>>((resolve) => {
      port1.onmessage = ({ data }: MessageEvent<Answer<Piece>>) => resolve(data)
      setTimeout(() => resolve({ why: 'unreachable', message: 'The page does not answer.' }), DEADLINE_MS)
      page.postMessage({ ask: 'read', item, start, end }, [port2])
    })
  } finally {
    port1.close()
  }
}
