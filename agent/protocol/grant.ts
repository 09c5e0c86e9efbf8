import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import * as z from 'zod'
import { Id, payload, TimeMs, text } from './envelope.ts'
import { MediaKind } from './media-kind.ts'

/** What an owner allows. It replaces every grant with a lower serial: revoking is a newer grant that allows less. */
export const GrantDocument = z.object({
  v: z.literal(1),
  account: Id,
  agent: Id,
  /** Only grows, per agent. */
  serial: z.number().int().min(1),
  notBefore: TimeMs,
  expires: TimeMs,
  /** Who turned the switch: the id of the user within the account. */
  grantedBy: Id,
  cameras: z.array(z.object({ camera: Id, kinds: z.array(MediaKind).max(3) })).max(1024),
  /**
   * Whom media are encrypted for: age recipients (`age1…`). Loosely typed on purpose: a kind of recipient that this
   * release does not know must not make a revocation unreadable. A box that can't encrypt for every one of them, or is
   * given none (a bridge of before there were any), sends nothing.
   */
  recipients: z.array(text(4096)).max(16).optional(),
})
export type GrantDocument = z.infer<typeof GrantDocument>

/** The grant as it travels: the signed bytes themselves, so that no re-encoding can change what was signed. */
export const SignedGrant = z.object({
  /** base64url of the UTF-8 JSON of a GrantDocument. */
  document: z.base64url().max(262_144),
  /** base64url of an Ed25519 signature (RFC 8032) over the domain tag and the document's bytes. */
  signature: z.base64url().length(86),
})
export type SignedGrant = z.infer<typeof SignedGrant>

/** Retained on the agent's `grant` topic. */
export const GrantMessage = payload({ grant: SignedGrant })
export type GrantMessage = z.infer<typeof GrantMessage>

// A tag of its own keeps a signature made for one purpose from counting for another.
const DOMAIN = Buffer.from('lenscap-grant-v1\n')

export function signGrant(document: GrantDocument, accountKey: KeyObject): SignedGrant {
  const bytes = Buffer.from(JSON.stringify(GrantDocument.parse(document)))
  return {
    document: bytes.toString('base64url'),
    signature: sign(null, Buffer.concat([DOMAIN, bytes]), accountKey).toString('base64url'),
  }
}

/** The document, if the account's key signed exactly these bytes and they say what a grant says; otherwise undefined. */
export function openGrant(signed: SignedGrant, accountPublicKey: KeyObject): GrantDocument | undefined {
  const bytes = Buffer.from(signed.document, 'base64url')
  const signature = Buffer.from(signed.signature, 'base64url')
  if (!verify(null, Buffer.concat([DOMAIN, bytes]), accountPublicKey, signature)) return undefined
  try {
    return GrantDocument.parse(JSON.parse(bytes.toString()))
  } catch {
    return undefined
  }
}

/** Whether the document allows this at this moment. Signature, account and agent have been checked before. */
export function grantAllows(document: GrantDocument, camera: Id, kind: MediaKind, nowMs: number): boolean {
  if (nowMs < document.notBefore || nowMs >= document.expires) return false
  return document.cameras.some((entry) => entry.camera === camera && entry.kinds.includes(kind))
}

/** An Ed25519 public key as it travels: base64url of its SPKI DER. */
export const PublicKeyText = z.base64url().max(128)

export const importPublicKey = (key: string): KeyObject =>
  createPublicKey({ key: Buffer.from(key, 'base64url'), format: 'der', type: 'spki' })

export const exportPublicKey = (key: KeyObject): string =>
  key.export({ format: 'der', type: 'spki' }).toString('base64url')
