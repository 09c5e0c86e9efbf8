import { useCompilers } from '../base/compilers.ts'
import { withDeadline } from '../base/deadline.ts'
import { LenscapError } from '../base/errors.ts'
import { RtspSession, type SessionOptions, type StreamLimits } from './session.ts'
import type { RtspStream } from './stream.ts'

export type { StreamLimits } from './session.ts'

export interface StreamOptions extends Omit<SessionOptions, 'limits'> {
  readonly limits?: Partial<StreamLimits>
}

const LIMITS: StreamLimits = {
  handshakeMs: 10_000,
  stallMs: 10_000,
  unitBytesMax: 4 * 1024 * 1024,
  queueBytesMax: 8 * 1024 * 1024,
}

/**
 * Plays a camera's H.264 or H.265 over RTSP 1.0 (RFC 2326), and its AAC or G.711 if asked to, with RTP interleaved in the
 * same TCP connection, or over UDP. Returns once PLAY is answered.
 * @throws LenscapError `refused` (credential missing or wrong: don't send it again), `unsupported` (Basic only, another
 *   codec, another transport), `timeout`, `unreachable`, `busy`, `invalid`, `limit`
 */
export async function openStream(options: StreamOptions): Promise<RtspStream> {
  const { uri, clock, signal } = options
  if (uri.protocol !== 'rtsp:') {
    throw new LenscapError('unsupported', `Streams of ${uri.protocol} are not played, only of rtsp:`)
  }
  const limits = { ...LIMITS, ...options.limits }
  const session = new RtspSession({ ...options, limits })
  const what = `The RTSP handshake with ${uri.hostname}`
  try {
    await withDeadline({ clock, timeoutMs: limits.handshakeMs, signal, what }, (stop) => {
      stop.addEventListener('abort', () => session.close(stop.reason), { once: true })
      return session.play()
    })
  } catch (error) {
    session.close(error)
    throw error
  }
  // A stream is steady work from here on.
  useCompilers()
  return session.stream()
}
