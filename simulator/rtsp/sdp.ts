import type { RtspStream } from './stream.ts'

/** A stream's session description (RFC 8866), with a control URI for each track (RFC 2326, C.1). */
export function describeSession(stream: RtspStream, address: string, sessionId: number): string {
  return [
    'v=0',
    `o=- ${sessionId} 1 IN IP4 ${address}`,
    's=Media Presentation',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    'a=range:npt=0-',
    ...stream.tracks.flatMap((track, i) => [...track.description, `a=control:trackID=${i + 1}`]),
    '',
  ].join('\r\n')
}
