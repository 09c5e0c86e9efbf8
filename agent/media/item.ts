import type { Id } from '../protocol/envelope.ts'
import type { MediaKind } from '../protocol/media-kind.ts'

/** One finished piece of media on the box's disk. Who takes it owns the file and must remove it. */
export interface MediaItem {
  readonly item: Id
  readonly camera: Id
  readonly kind: Exclude<MediaKind, 'live'>
  readonly contentType: 'image/jpeg' | 'video/mp4'
  readonly path: string
  readonly bytes: number
  /** Lower-case hex, of the whole file. */
  readonly sha256: string
  /** When the picture, or the clip's first picture, came: UTC, milliseconds since 1970. */
  readonly takenAt: number
  /** 0 for a picture. */
  readonly durationMs: number
  /** Why it was made: `granted`, `schedule`, `motion`. */
  readonly reason: string
}
