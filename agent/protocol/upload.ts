import * as z from 'zod'
import { Id, TimeMs, text } from './envelope.ts'
import { ENVELOPE_BYTES_MAX } from './media-envelope.ts'
import { MediaKind } from './media-kind.ts'

/**
 * What a box says of an item before it sends it: the `Upload-Metadata` of a tus creation request
 * (tus 1.0.0, "Creation"), each value a string on the wire. The request carries `Authorization: Bearer {agent}.{token}`.
 */
export const UploadMetadata = z.object({
  item: Id,
  camera: Id,
  kind: MediaKind.exclude(['live']),
  contentType: z.enum(['image/jpeg', 'video/mp4']),
  /** When the picture was taken, or the clip's first frame. */
  takenAt: z.coerce.number().pipe(TimeMs),
  durationMs: z.coerce.number().int().min(0).max(3_600_000),
  /** Of the bytes that are uploaded, lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The grant under which it leaves. */
  grantSerial: z.coerce.number().int().min(1),
  /** Why it was made, in a word or two: `granted`, `schedule`, `motion`. */
  reason: text(64),
  /**
   * base64url of the item's head (`media-envelope.ts`); what is uploaded are its chunks. Boxes of before there was
   * encryption send none, and the picture or clip as it is.
   */
  envelope: z
    .base64url()
    .max(Math.ceil((ENVELOPE_BYTES_MAX * 4) / 3))
    .optional(),
})
export type UploadMetadata = z.infer<typeof UploadMetadata>

/** No single item is larger. */
export const UPLOAD_BYTES_MAX = 256 * 1024 * 1024
