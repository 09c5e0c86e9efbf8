import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { ageRecipientOf, newAgeIdentity } from '../../agent/protocol/age.ts'
import { MediaLabel, newEnvelope } from '../../agent/protocol/media-envelope.ts'
import { sealed } from '../../agent/protocol/media-stream.ts'
import type { Box, Picture } from '../../cloud-bridge/cli/bed.test.ts'

/** An upload as it goes out: what is said of it, what is sent, and with whose token. */
export interface Attempt {
  metadata: Record<string, string | number>
  bytes: Buffer
  /** What `Upload-Length` says. */
  length: number
  authorization: string
}

/** Where uploads are tried, and who is about. */
export interface Scene {
  readonly box: Box
  /** Another box of the same owner, with a camera that is allowed. */
  readonly sister: Box
  readonly neighbour: Box
  readonly recipients: readonly string[]
  /** Serials under which the camera's permission was another one. */
  readonly olderSerials: readonly number[]
}

export const bearer = (box: Box): string => `Bearer ${box.agent}.${box.claimed.token}`
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** The picture as a box of today sends it. */
export async function honest({ box, recipients }: Scene, picture: Picture): Promise<Attempt> {
  const { metadata } = picture
  const { head, cipher } = newEnvelope(MediaLabel.parse(metadata), picture.bytes.length, recipients)
  const bytes = await buffer(sealed(cipher, picture.bytes.length, Readable.from([picture.bytes])))
  const envelope = head.toString('base64url')
  return {
    metadata: { ...metadata, sha256: sha256(bytes), envelope },
    ...{ bytes, length: bytes.length, authorization: bearer(box) },
  }
}

type Said = Record<string, string | number>
type Wrong = (attempt: Attempt, scene: Scene, at: number) => Promise<void> | void

/** What is said of the attempt, as far as it makes sense, with some of it otherwise. */
function labelOf({ metadata }: Attempt, { box }: Scene, over: Said): MediaLabel {
  const said = MediaLabel.safeParse({ ...metadata, ...over })
  return said.success ? said.data : MediaLabel.parse({ ...box.picture().metadata, ...over })
}

/** A head that was made for something else than what is sent. */
const otherHead =
  (over: (scene: Scene) => Said): Wrong =>
  (attempt, scene) => {
    const label = labelOf(attempt, scene, over(scene))
    const { head } = newEnvelope(label, Math.max(1, attempt.bytes.length - 16), scene.recipients)
    attempt.metadata['envelope'] = head.toString('base64url')
  }

/** Something is said otherwise, and nothing else. */
const say =
  (over: Said): Wrong =>
  ({ metadata }) => {
    Object.assign(metadata, over)
  }

/** Something else than the owner allowed, through and through: the head is made for it, and each chunk opens. */
const otherwise =
  (over: (scene: Scene) => Said): Wrong =>
  async (attempt, scene) => {
    const { authorization, metadata } = attempt
    const label = labelOf(attempt, scene, over(scene))
    const made = await honest(scene, scene.box.picture({ ...label, grantSerial: metadata['grantSerial'] ?? 0 }))
    Object.assign(attempt, { ...made, authorization })
  }

const tokenOf =
  (choose: (scene: Scene) => string): Wrong =>
  (attempt, scene) => {
    attempt.authorization = choose(scene)
  }

/** Bytes that are changed are said to be just so. */
const rewrite = (attempt: Attempt, bytes: Buffer) => {
  attempt.bytes = bytes
  attempt.length = bytes.length
  attempt.metadata['sha256'] = sha256(bytes)
}

const flip = (bytes: Buffer, at: number, bit: number): Buffer => {
  const flipped = Buffer.from(bytes)
  const place = Math.floor(at * bytes.length)
  flipped[place] = (flipped[place] ?? 0) ^ bit
  return flipped
}

/** Everything that no upload may be. `at`: where, as a share of the length. */
export const WRONGS: Readonly<Record<string, Wrong>> = {
  'the camera of the sister box': otherwise(({ sister }) => ({ camera: sister.camera })),
  'the camera of a neighbour': otherwise(({ neighbour }) => ({ camera: neighbour.camera })),
  'a camera that nobody knows': otherwise(() => ({ camera: 'camerazzzzzzzzzz' })),
  'a kind that is off': otherwise(() => ({ kind: 'clip', contentType: 'video/mp4' })),
  'a kind that no upload is': say({ kind: 'live' }),
  'a kind said to be another': say({ kind: 'clip' }),
  'a serial of before': (attempt, { olderSerials }, at) => {
    attempt.metadata['grantSerial'] = olderSerials[Math.floor(at * olderSerials.length)] ?? 0
  },
  'a serial to come': say({ grantSerial: 1_000_000 }),
  'no serial at all': ({ metadata }) => {
    delete metadata['grantSerial']
  },
  'no number for a serial': say({ grantSerial: '1e3x' }),
  "the sister's token": tokenOf(({ sister }) => bearer(sister)),
  "a neighbour's token": tokenOf(({ neighbour }) => bearer(neighbour)),
  "the sister's token under this name": tokenOf(({ box, sister }) => `Bearer ${box.agent}.${sister.claimed.token}`),
  'a made-up token': tokenOf(({ box }) => `Bearer ${box.agent}.${randomBytes(32).toString('base64url')}`),
  'no token': tokenOf(() => ''),
  'a head of another camera': otherHead(({ sister }) => ({ camera: sister.camera })),
  'a head of another kind': otherHead(() => ({ kind: 'clip' })),
  'a head of another item': otherHead(() => ({ item: 'itemzzzzzzzzzzzz' })),
  'a head of another time': otherHead(() => ({ takenAt: 5 })),
  'a head of another reason': otherHead(() => ({ reason: 'because' })),
  'a new head for the same': otherHead(() => ({})),
  'a head that is damaged': (attempt, _, at) => {
    const head = Buffer.from(String(attempt.metadata['envelope']), 'base64url')
    attempt.metadata['envelope'] = flip(head, at, 1).toString('base64url')
  },
  'a head that is cut short': (attempt, _, at) => {
    const envelope = String(attempt.metadata['envelope'])
    attempt.metadata['envelope'] = envelope.slice(0, Math.floor(at * (envelope.length - 4)))
  },
  'a head for somebody else': async (attempt, scene) => {
    const recipients = [ageRecipientOf(newAgeIdentity())]
    await otherwise(() => ({}))(attempt, { ...scene, recipients }, 0)
  },
  'bytes that are changed': (attempt, _, at) => {
    attempt.bytes = flip(attempt.bytes, at, 1)
  },
  'a chunk that is changed': (attempt, _, at) => rewrite(attempt, flip(attempt.bytes, at, 2)),
  'a byte too few': (attempt) => rewrite(attempt, attempt.bytes.subarray(1)),
  'a byte too many': (attempt) => rewrite(attempt, Buffer.concat([attempt.bytes, Buffer.alloc(1)])),
  'more bytes than were said': (attempt) => {
    attempt.length -= 1
  },
  'a hash of something else': say({ sha256: '0'.repeat(64) }),
  'an id that leads elsewhere': say({ item: '../../bridge.db' }),
  'a type that is no picture': say({ contentType: 'text/html' }),
}
