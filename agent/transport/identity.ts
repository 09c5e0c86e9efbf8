import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import * as z from 'zod'
import { LenscapError } from '../base/errors.ts'
import { readFileIfThere, writeFileDurably } from '../base/files.ts'
import { Secret } from '../base/secret.ts'
import { Id, text } from '../protocol/envelope.ts'
import { exportPublicKey, importPublicKey, PublicKeyText } from '../protocol/grant.ts'

/** What a box holds from the moment an owner has taken its claim. */
export interface Claimed {
  readonly bridgeUrl: string
  readonly agent: Id
  readonly account: Id
  /** The account's Ed25519 public key: whose grants count here. */
  readonly grantKey: KeyObject
  /** MQTT password, and with the agent's id the HTTP bearer token. */
  readonly token: Secret
  readonly mqttUrl: string
  /** First levels of all topics. */
  readonly prefix: string
}

/** Who the box is: its own Ed25519 key, and to whom it belongs. */
export interface Identity {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
  readonly claimed: Claimed | undefined
  /** The box's id on a broker of the owner's own, where there is no bridge to give it one. */
  readonly standalone?: Id | undefined
}

const IdentityFile = z.object({
  v: z.literal(1),
  /** base64url of the PKCS #8 DER. */
  privateKey: z.base64url().max(256),
  claimed: z
    .object({
      bridgeUrl: z.url(),
      agent: Id,
      account: Id,
      grantKey: PublicKeyText,
      token: z.string().min(32).max(256),
      mqttUrl: z.url(),
      prefix: text(128),
    })
    .optional(),
  standalone: Id.optional(),
})
type IdentityFile = z.infer<typeof IdentityFile>

const pathIn = (stateDir: string) => join(stateDir, 'identity.json')

/**
 * The box's identity; a box without one gets its key now, on disk before it is used.
 * @throws LenscapError `invalid` for a damaged file: a new key would silently orphan the owner's claim
 */
export async function loadIdentity(stateDir: string): Promise<Identity> {
  const stored = await readIdentity(stateDir)
  if (stored) return stored
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const identity = { publicKey, privateKey, claimed: undefined }
  await saveIdentity(stateDir, identity)
  return identity
}

/** The same for a tool that only looks; undefined for a box without one. @throws LenscapError `invalid` for a damaged file */
export async function readIdentity(stateDir: string): Promise<Identity | undefined> {
  const path = pathIn(stateDir)
  const stored = await readFileIfThere(path)
  return stored === undefined ? undefined : parseIdentity(stored, path)
}

/** Writes the identity so that a power cut leaves the old or the new one; readable by the agent's user alone. */
export async function saveIdentity(stateDir: string, identity: Identity): Promise<void> {
  const { claimed, standalone } = identity
  const file: IdentityFile = {
    v: 1,
    ...(standalone && { standalone }),
    privateKey: identity.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url'),
    ...(claimed && {
      claimed: { ...claimed, grantKey: exportPublicKey(claimed.grantKey), token: claimed.token.reveal() },
    }),
  }
  await writeFileDurably(pathIn(stateDir), `${JSON.stringify(file, undefined, 2)}\n`, 0o600)
}

function parseIdentity(stored: string, path: string): Identity {
  try {
    const { privateKey: key, claimed, standalone } = IdentityFile.parse(JSON.parse(stored))
    const privateKey = createPrivateKey({ key: Buffer.from(key, 'base64url'), format: 'der', type: 'pkcs8' })
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key')
    return {
      privateKey,
      publicKey: createPublicKey(privateKey),
      standalone,
      claimed: claimed && { ...claimed, grantKey: importPublicKey(claimed.grantKey), token: new Secret(claimed.token) },
    }
  } catch {
    // The cause is left out: a parser's message may quote the key.
    throw new LenscapError(
      'invalid',
      `${path} is damaged: restore it from a backup, or remove it and have the box claimed again`,
      { path },
    )
  }
}
