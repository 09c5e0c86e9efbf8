import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../agent/base/clock.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import { newId } from '../../agent/base/ids.ts'
import { silentLogger } from '../../agent/base/logger.ts'
import { Secret } from '../../agent/base/secret.ts'
import { openStateDatabase } from '../../agent/cli/state.ts'
import { Cap } from '../../agent/consent/cap.ts'
import { Consent } from '../../agent/consent/consent.ts'
import { Egress } from '../../agent/egress/egress.ts'
import type { EgressItem } from '../../agent/egress/queue.ts'
import { CLIP_SETTINGS } from '../../agent/media/cutter.ts'
import { MediaKeeper } from '../../agent/media/keeper.ts'
import { DeviceGate } from '../../agent/onvif/gate.ts'
import { CAMERAS } from './model.ts'
import type { Network } from './network.ts'

/** Who a box is, and whose. */
export interface Identity {
  readonly agent: string
  readonly account: string
  readonly owner: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

export const newIdentity = (): Identity => ({ agent: newId(), account: newId(), owner: generateKeyPairSync('ed25519') })

interface BoxDeps {
  readonly stateDir: string
  readonly identity: Identity
  readonly network: Network
  readonly clock: Clock
  readonly onChange: () => void
  /** A picture or a clip is about to be taken in. */
  readonly onItem: (item: Pick<EgressItem, 'item' | 'camera' | 'kind'>, taking: Promise<void>) => Promise<void>
}

export type OpenBox = ReturnType<typeof openBox>

/** One life of the box's rooms: the real ones, wired as the agent wires them. */
export function openBox({ stateDir, identity, network, clock, ...hooks }: BoxDeps) {
  mkdirSync(join(stateDir, 'media'), { recursive: true })
  const db = openStateDatabase(join(stateDir, 'state.db'))
  const cap = new Cap(stateDir)
  const { agent, account, owner } = identity
  const stop = new AbortController()
  const { signal } = stop
  const onChange = () => {
    media.review()
    hooks.onChange()
  }
  const consent: Consent = new Consent({
    ...{ db, cap, clock, onChange },
    pins: { agent, account, grantKey: owner.publicKey },
  })
  const common = { clock, random: Math.random, logger: silentLogger }
  const egress = new Egress({
    ...common,
    stateDir,
    grantFor: (camera, kind) => consent.grant(camera, kind),
    target: { bridgeUrl: network.bridgeUrl, agent, token: new Secret('a token') },
    onActivity: () => {},
    limits: { chunkBytes: 64 * 1024 },
  })
  const media: MediaKeeper = new MediaKeeper({
    ...common,
    consent,
    signal,
    folder: join(stateDir, 'media'),
    settings: CLIP_SETTINGS,
    onItem: (grant, item) => hooks.onItem(item, egress.enqueue(grant, item)),
    onTrouble: () => {},
    onStream: () => {},
  })
  for (const camera of CAMERAS) {
    media.add({
      camera,
      address: '127.0.0.1',
      // Clips are handed in as a recorder would: a stream is not what this is about.
      streamUri: () => Promise.reject(new LenscapError('invalid', 'No stream here')),
      snapshotUri: async () => network.pictureOf(camera),
      credential: undefined,
      gate: new DeviceGate(clock),
    })
  }
  const running = egress.run(signal)
  const close = async () => {
    stop.abort()
    await Promise.all([running, media.ended()])
    egress[Symbol.dispose]()
    consent[Symbol.dispose]()
    db.close()
  }
  return { cap, consent, egress, media, close }
}
