import { DetailedError, Upload } from 'tus-js-client'
import { errorKind, LenscapError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { Grant } from '../consent/consent.ts'
import { DEVICE_PATHS } from '../protocol/claim.ts'
import type { Id } from '../protocol/envelope.ts'
import type { UploadMetadata } from '../protocol/upload.ts'
import { FilePart } from './file-part.ts'
import { type Line, makeLine } from './line.ts'
import type { Pace } from './pace.ts'
import { Stall } from './stall.ts'
import type { Turn } from './turns.ts'
import { Wire } from './wire.ts'

/** Where media may go: the bridge that the box was claimed on, and nowhere else. */
export interface UploadTarget {
  readonly bridgeUrl: string
  readonly agent: Id
  readonly token: Secret
  /** The authority that signed the bridge's certificate, where it is not a public one. */
  readonly ca?: string | Buffer
}

export interface UploadJob {
  readonly target: UploadTarget
  readonly path: string
  readonly bytes: number
  readonly metadata: UploadMetadata
  /** Where a former attempt got to. */
  readonly uploadUrl: string | null
  readonly grant: Grant
  readonly signal: AbortSignal
  /** One request carries so much: what an intermediary that buffers may lose. */
  readonly chunkBytes: number
  /** Without progress for so long, the transfer is given up. */
  readonly stallMs: number
  readonly pace: Pace
  /** Its bytes leave when it has come; it is passed on when the last one has left, and however this ends. */
  readonly turn: Turn
  /** The bridge takes the item at this address, and has confirmed this offset. */
  readonly onProgress: (uploadUrl: string, offset: number) => void
  /** Told before each piece leaves. What it throws ends the transfer before that piece. */
  readonly beforePiece: (bytes: number) => void
}

/**
 * One transfer (tus 1.0.0), resumed where the bridge has part of it. Permission is asked before each request and each
 * piece of 64 KB; when it ends the connection is closed at once.
 * @throws LenscapError `refused` (401, 403, 460, or the grant), `busy` (423, 429, 409, 5xx, or a part that the bridge has lost), `invalid` (other 4xx), `unreachable`,
 * `timeout`, `storage` for the file, `cancelled`
 */
export async function upload(job: UploadJob): Promise<void> {
  const { target, grant, signal } = job
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Permission may turn out to be gone at the first look, before anybody waits for this.
  promise.catch(() => {})
  const line = makeLine(target.bridgeUrl, target.ca)
  const ended = AbortSignal.any([signal, grant.signal])
  using stall = new Stall(job.stallMs, reject)
  let body: FilePart | undefined
  const beforePiece = async (bytes: number) => {
    await job.pace.take(bytes, ended)
    grant.check()
    job.beforePiece(bytes)
    stall.moved()
  }
  const part = (start: number, end: number): FilePart => {
    const onSent = () => (end === job.bytes ? job.turn.pass() : undefined)
    body = new FilePart({ path: job.path, start, end, beforePiece, onSent })
    return body
  }
  const ready = async () => {
    stall.rest()
    await job.turn.come
    stall.moved()
  }
  const tus = makeUpload(job, { line, part, ready, onMoved: () => stall.moved(), resolve, reject })
  const onAbort = () => {
    line.cut()
    reject(signal.aborted ? new LenscapError('cancelled', 'Told to stop') : grant.signal.reason)
  }
  grant.signal.addEventListener('abort', onAbort)
  signal.addEventListener('abort', onAbort)
  try {
    grant.check()
    signal.throwIfAborted()
    tus.start()
    await promise
  } finally {
    job.turn.pass()
    grant.signal.removeEventListener('abort', onAbort)
    signal.removeEventListener('abort', onAbort)
    line.close()
    body?.stop()
    await tus.abort()
  }
}

interface Wires {
  readonly line: Line
  readonly part: (start: number, end: number) => FilePart
  /** Resolves when bytes may leave. */
  readonly ready: () => Promise<void>
  readonly onMoved: () => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

function makeUpload(job: UploadJob, wires: Wires): Upload {
  const { target, grant } = job
  const endpoint = new URL(DEVICE_PATHS.uploads, target.bridgeUrl)
  const uploadUrl = job.uploadUrl === null ? null : onBridge(job.uploadUrl, endpoint)
  const metadata = Object.fromEntries(Object.entries(job.metadata).map(([name, value]) => [name, String(value)]))
  const tus: Upload = new Upload(Buffer.alloc(0), {
    endpoint: endpoint.href,
    uploadUrl,
    uploadSize: job.bytes,
    metadata,
    headers: { Authorization: `Bearer ${target.agent}.${target.token.reveal()}` },
    httpStack: new Wire(wires.line),
    fileReader: {
      openFile: async () => ({
        size: job.bytes,
        slice: async (start, end) => {
          const until = Math.min(end, job.bytes)
          return { value: wires.part(start, until), done: until === job.bytes }
        },
        close: () => {},
      }),
    },
    chunkSize: job.chunkBytes,
    // The one loop that retries is ours.
    retryDelays: null,
    storeFingerprintForResuming: false,
    fingerprint: async () => job.metadata.item,
    onBeforeRequest: async (request) => {
      if (request.getMethod() === 'PATCH') await wires.ready()
      // Told to stop before there was a request to end: the client would send it all the same.
      job.signal.throwIfAborted()
      grant.check()
      if (new URL(request.getURL()).origin !== endpoint.origin) throw new LenscapError('invalid', 'Not the bridge')
    },
    onAfterResponse: () => wires.onMoved(),
    onUploadUrlAvailable: () => {
      tus.url = onBridge(tus.url ?? '', endpoint)
      if (tus.url !== uploadUrl) job.onProgress(tus.url, 0)
    },
    onChunkComplete: (_, accepted) => job.onProgress(tus.url ?? '', accepted),
    onSuccess: () => wires.resolve(),
    onError: (error) => wires.reject(uploadError(error, endpoint.host)),
  })
  return tus
}

/** The upload's path on the bridge itself: a Location that names another host (a proxy's slip, or worse) changes nothing. */
function onBridge(location: string, endpoint: URL): string {
  const { pathname, search } = new URL(location, endpoint)
  return new URL(pathname + search, endpoint.origin).href
}

/** The library's errors hold the request with its token: none of them is passed on. */
function uploadError(error: Error, host: string): LenscapError {
  const status = error instanceof DetailedError ? error.originalResponse?.getStatus() : undefined
  if (status === undefined) {
    const cause = error instanceof DetailedError ? (error.causingError ?? undefined) : error
    if (cause instanceof LenscapError) return cause
    const kind = errorKind(cause) === 'timeout' ? 'timeout' : 'unreachable'
    return new LenscapError(kind, 'The connection to the bridge failed: the upload goes on later', { host }, cause)
  }
  // What arrived is not what was sent: the bridge has dropped it, and the next attempt begins anew.
  if (status === 460) return new LenscapError('refused', 'The item was damaged on its way', { host, status })
  if (status === 401 || status === 403)
    return new LenscapError('refused', 'The bridge refuses the upload', { host, status })
  const isLost =
    [404, 410].includes(status) && error instanceof DetailedError && error.originalRequest.getMethod() !== 'POST'
  if (isLost) return new LenscapError('busy', 'The bridge has lost its part: the upload begins anew', { host, status })
  if ([409, 423, 429].includes(status) || status >= 500) {
    return new LenscapError('busy', 'The bridge is busy: the upload goes on later', { host, status })
  }
  return new LenscapError('invalid', 'The bridge does not take this item', { host, status })
}
