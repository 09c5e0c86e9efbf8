import * as z from 'zod'
import { Id, TimeMs, text } from './envelope.ts'
import { PublicKeyText } from './grant.ts'

/** Paths on the bridge's HTTP port that a box uses. */
export const DEVICE_PATHS = {
  claims: '/device/v1/claims',
  uploads: '/device/v1/uploads',
  /** A WebSocket below it, `{live}/{session}`, once the bridge has asked for that session. */
  live: '/device/v1/live',
} as const

/** POST {claims}: a box asks to be claimed (the manners of OAuth's device flow, RFC 8628). */
export const ClaimRequest = z.object({
  /** The box's own Ed25519 key: whoever takes the claim must prove to hold it. */
  publicKey: PublicKeyText,
  name: text(128),
  version: text(64),
})
export type ClaimRequest = z.infer<typeof ClaimRequest>

export const ClaimOffer = z.object({
  /** Known only to the box. */
  claim: Id,
  /** What the owner types: 65 bits, in three groups. */
  userCode: z.string().regex(/^[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{5}$/),
  /** Where the owner types it. */
  page: z.url(),
  pollIntervalMs: z.number().int().min(100),
  expiresAt: TimeMs,
})
export type ClaimOffer = z.infer<typeof ClaimOffer>

/** POST {claims}/{claim}: the box asks whether an owner has taken it. */
export const ClaimPoll = z.object({
  /** base64url Ed25519 signature over `claimProofBytes(claim)`. */
  proof: z.base64url().length(86),
})
export type ClaimPoll = z.infer<typeof ClaimPoll>

/** What is signed to prove that the poller holds the key that asked. */
export const claimProofBytes = (claim: string): Buffer => Buffer.from(`lenscap-claim-v1\n${claim}`)

/** The answer: 202 with `pending`, 200 with everything that the box needs from now on. */
export const ClaimResult = z.discriminatedUnion('state', [
  z.object({ state: z.literal('pending') }),
  z.object({
    state: z.literal('claimed'),
    agent: Id,
    account: Id,
    /** The account's grant key, pinned from now on. */
    grantKey: PublicKeyText,
    /** MQTT password and HTTP bearer token; the user name is the agent's id. 256 bits. */
    token: z.string().min(32).max(256),
    mqttUrl: z.url(),
    prefix: text(128),
  }),
])
export type ClaimResult = z.infer<typeof ClaimResult>
