import { sign } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import { keepRunning, type RetryPolicy } from '../base/retry.ts'
import { Secret } from '../base/secret.ts'
import {
  ClaimOffer,
  type ClaimPoll,
  type ClaimRequest,
  ClaimResult,
  claimProofBytes,
  DEVICE_PATHS,
} from '../protocol/claim.ts'
import { exportPublicKey, importPublicKey } from '../protocol/grant.ts'
import { postJson } from './http.ts'
import { type Claimed, type Identity, saveIdentity } from './identity.ts'

export interface ClaimOptions {
  readonly bridgeUrl: string
  /** What the owner sees in the list of boxes. */
  readonly name: string
  readonly version: string
  readonly stateDir: string
  readonly identity: Identity
  /** Shows the owner the user code and the page; called again with a new code when one has expired. */
  readonly onOffer: (offer: ClaimOffer) => void
  /** Told of each failed attempt; the next one follows by itself. */
  readonly onTrouble: (error: unknown, nextAttemptMs: number) => void
  readonly clock: Clock
  readonly random: () => number
  readonly signal: AbortSignal
  readonly retry?: RetryPolicy
}

const RETRY: RetryPolicy = { firstDelayMs: 1000, delayMsMax: 60_000, steadyAfterMs: 60_000 }
const REQUEST = { timeoutMs: 10_000, bytesMax: 65_536 }
// No owner takes longer over a code; a bridge that says otherwise is asked again.
const OFFER_MS_MAX = 24 * 3_600_000

/**
 * Asks the bridge to be claimed and waits until an owner has done so; the result is on disk before it is returned.
 * Retries through outages, with a new code whenever the former has expired.
 * @throws LenscapError `cancelled` when the signal fires first, `storage` kinds from the disk
 */
export async function claim(options: ClaimOptions): Promise<Identity & { readonly claimed: Claimed }> {
  using found = new LinkedController(options.signal)
  let claimed: Claimed | undefined
  await keepRunning(
    async (signal) => {
      claimed = await takeOffer(options, signal)
      if (claimed) found.abort()
    },
    options.retry ?? RETRY,
    { ...options, signal: found.signal, onError: options.onTrouble },
  )
  if (!claimed)
    throw new LenscapError('cancelled', 'Stopped before it was claimed: the next start of the agent shows a code')
  const identity = { ...options.identity, claimed }
  await saveIdentity(options.stateDir, identity)
  return identity
}

/** One offer's life: the claim, or undefined when it expired. */
async function takeOffer(options: ClaimOptions, signal: AbortSignal): Promise<Claimed | undefined> {
  const { clock, identity, name, version } = options
  const url = new URL(DEVICE_PATHS.claims, options.bridgeUrl).href
  const request: ClaimRequest = { publicKey: exportPublicKey(identity.publicKey), name, version }
  const { status, body: offer, dateMs } = await postJson({ url, json: request, schema: ClaimOffer, ...REQUEST, signal })
  if (!offer)
    throw new LenscapError('refused', `${url} refuses this box (${status}): check the bridge's address`, { url })
  options.onOffer(offer)
  // The bridge's clock counts: a box without a battery starts in 1970.
  const lifeMs = Math.min(offer.expiresAt - (dateMs ?? clock.nowMs()), OFFER_MS_MAX)
  const endMs = clock.monotonicMs() + lifeMs
  const proof: ClaimPoll = {
    proof: sign(null, claimProofBytes(offer.claim), identity.privateKey).toString('base64url'),
  }
  while (clock.monotonicMs() < endMs) {
    await clock.sleep(Math.min(offer.pollIntervalMs, 60_000), signal)
    const result = await poll(`${url}/${offer.claim}`, proof, signal)
    if (result === 'gone') return undefined
    if (result?.state === 'claimed') return toClaimed(result, options.bridgeUrl)
  }
  return undefined
}

/** One question; an outage in between is no reason to show the owner another code. */
async function poll(url: string, proof: ClaimPoll, signal: AbortSignal): Promise<ClaimResult | 'gone' | undefined> {
  try {
    const { body } = await postJson({ url, json: proof, schema: ClaimResult, ...REQUEST, signal })
    return body ?? 'gone'
  } catch (error) {
    if (['unreachable', 'timeout', 'busy'].includes(errorKind(error))) return undefined
    throw error
  }
}

function toClaimed(result: Extract<ClaimResult, { state: 'claimed' }>, bridgeUrl: string): Claimed {
  const { agent, account, mqttUrl, prefix } = result
  const grantKey = importPublicKey(result.grantKey)
  return { bridgeUrl, agent, account, mqttUrl, prefix, grantKey, token: new Secret(result.token) }
}
