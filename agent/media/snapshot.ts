import { rm } from 'node:fs/promises'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Response } from 'got'
import type { Clock } from '../base/clock.ts'
import { withDeadline } from '../base/deadline.ts'
import { DigestAuth } from '../base/digest.ts'
import { describeError, type ErrorKind, errorKind, LenscapError } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import { LinkedController } from '../base/linked-controller.ts'
import type { Grant } from '../consent/consent.ts'
import { demandGrant, type MediaAccess, onOwnAddress, throughGate } from './access.ts'
import type { MediaItem } from './item.ts'
import { isJpeg } from './jpeg.ts'
import { SpoolFile } from './spool-file.ts'

const TIMEOUT_MS = 10_000
const BYTES_MAX = 8 * 1024 * 1024

interface SnapshotDeps {
  /** Where the picture is written. */
  readonly folder: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** For the item: `granted`, `schedule`, `motion`. */
  readonly reason: string
  readonly timeoutMs?: number
  readonly bytesMax?: number
}

/**
 * Takes one JPEG from the camera's own address, with Digest where it asks for it; redirects are not followed.
 * @throws LenscapError `refused` (no grant, or a credential missing or wrong: don't send it again), `unsupported`,
 *   `timeout`, `unreachable`, `busy`, `limit`, `invalid` (no JPEG came), `storage`
 */
export async function takeSnapshot(grant: Grant, access: MediaAccess, deps: SnapshotDeps): Promise<MediaItem> {
  demandGrant(grant, access.camera, 'snapshot')
  const { clock, timeoutMs = TIMEOUT_MS, bytesMax = BYTES_MAX } = deps
  using either = new LinkedController(grant.signal, deps.signal)
  const what = `The snapshot of ${access.address}`
  const picture = await withDeadline({ clock, timeoutMs, signal: either.signal, what }, async (stop) => {
    const uri = onOwnAddress(await access.snapshotUri(stop), access.address)
    grant.check()
    return await throughGate(access, 'snapshot', stop, () => fetchPicture(uri, access, stop, bytesMax))
  })
  if (!isJpeg(picture)) {
    throw new LenscapError('invalid', `${access.address} sent something that is no JPEG`, { bytes: picture.length })
  }
  return keep(picture, grant, deps)
}

/** On the disk, and handed over only while the grant stands. */
async function keep(picture: Buffer, grant: Grant, { folder, clock, reason }: SnapshotDeps): Promise<MediaItem> {
  grant.check()
  const takenAt = Math.round(clock.nowMs())
  const item = newId()
  const file = new SpoolFile(folder, `${item}.jpg`)
  const discard = () => {
    try {
      file.discard()
    } catch {
      // It is tried again, and told, when the step under way has ended.
    }
  }
  let path: string | undefined
  grant.signal.addEventListener('abort', discard, { once: true })
  try {
    grant.check()
    await file.append([picture])
    const done = await file.finish()
    path = done?.path
    grant.check()
    if (done === undefined) throw new LenscapError('cancelled', 'The snapshot was discarded')
    const { camera } = grant
    return { ...done, item, camera, kind: 'snapshot', contentType: 'image/jpeg', takenAt, durationMs: 0, reason }
  } catch (error) {
    file.discard()
    if (path !== undefined) await rm(path, { force: true })
    throw error
  } finally {
    grant.signal.removeEventListener('abort', discard)
  }
}

async function fetchPicture(uri: URL, access: MediaAccess, signal: AbortSignal, bytesMax: number): Promise<Buffer> {
  const { address, credential, gate } = access
  const auth = new DigestAuth(credential, address)
  // Agents of our own: the global ones may be told by the environment to use a proxy, which is another host.
  const agent = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }
  try {
    for (;;) {
      const authorization = auth.authorization('GET', uri.pathname + uri.search)
      const headers = { accept: 'image/jpeg', ...(authorization === undefined ? {} : { authorization }) }
      const { response, body } = await get(uri, { headers, agent, signal, bytesMax })
      if (response.statusCode === 200) {
        if (credential && authorization !== undefined) gate.accept(credential, 'snapshot')
        return body
      }
      if (response.statusCode !== 401) throw unexpected(address, response)
      auth.take(challengesOf(response))
    }
  } finally {
    agent.http.destroy()
    agent.https.destroy()
  }
}

interface GetOptions {
  readonly headers: Record<string, string>
  readonly agent: { http: HttpAgent; https: HttpsAgent }
  readonly signal: AbortSignal
  readonly bytesMax: number
}

/** One request; the body is cut off when it grows too large, whatever length was announced. */
async function get(uri: URL, options: GetOptions): Promise<{ response: Response; body: Buffer }> {
  const { headers, agent, signal, bytesMax } = options
  // Loaded under the first grant: a box that may take no pictures holds nothing of it.
  const { default: got } = await import('got')
  const behaviour = { followRedirect: false, retry: { limit: 0 }, throwHttpErrors: false, decompress: false }
  const request = got.stream(uri, { headers, agent, signal, ...behaviour })
  let response: Response | undefined
  request.on('response', (arrived: Response) => {
    response = arrived
  })
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request) {
      const piece = Buffer.from(chunk)
      bytes += piece.length
      if (bytes > bytesMax) throw new LenscapError('limit', `${uri.hostname} sent a too large picture`, { bytesMax })
      chunks.push(piece)
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof LenscapError) throw error
    // Without got's own error, which carries the request with its Authorization.
    const cause = new Error(describeError(error))
    throw new LenscapError(errorKind(error), `No snapshot from ${uri.hostname}`, { host: uri.hostname }, cause)
  } finally {
    request.destroy()
  }
  if (response === undefined) throw new LenscapError('invalid', `${uri.hostname} did not answer`)
  return { response, body: Buffer.concat(chunks) }
}

/** Node joins repeated headers of this name into one, which is what the parser takes as well. */
function challengesOf(response: Response): string[] {
  const header: string | string[] | undefined = response.headers['www-authenticate']
  return header === undefined ? [] : [header].flat()
}

function unexpected(host: string, { statusCode: status }: Response): LenscapError {
  const isRedirect = status >= 300 && status < 400
  const kinds: Readonly<Record<number, ErrorKind>> = { 403: 'refused', 429: 'busy', 503: 'busy' }
  const kind = isRedirect ? 'unsupported' : (kinds[status] ?? 'invalid')
  const what = isRedirect ? `redirects its snapshot (${status}), which is not followed` : `answered ${status}`
  return new LenscapError(kind, `${host} ${what}`, { host, status })
}
