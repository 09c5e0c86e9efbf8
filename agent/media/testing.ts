import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { Secret } from '../base/secret.ts'
import { Cap } from '../consent/cap.ts'
import { CONSENT_TABLES, Consent, type Grant } from '../consent/consent.ts'
import { LATEST_TIME_TABLES } from '../consent/latest-time.ts'
import { DeviceGate } from '../onvif/gate.ts'
import { ageRecipientOf, newAgeIdentity } from '../protocol/age.ts'
import { signGrant } from '../protocol/grant.ts'
import type { MediaKind } from '../protocol/media-kind.ts'
import type { MediaAccess } from './access.ts'

export const CAMERA = 'cameraaaaaaaaaaa'
const AGENT = 'agentaaaaaaaaaaa'
const ACCOUNT = 'accountaaaaaaaaa'
const RECIPIENT = ageRecipientOf(newAgeIdentity())

export interface TestOwner extends Disposable {
  readonly cap: Cap
  readonly consent: Consent
  /** A folder for media, and what lies in it. */
  readonly folder: string
  readonly files: string[]
  /** Signs and delivers a newer grant that allows exactly these kinds, and nothing else. */
  allow(...kinds: MediaKind[]): void
  /** @throws Error where it is not allowed */
  grant(kind: MediaKind): Grant
}

/** An owner with a key, and the box's consent room that believes it, in a temporary folder. */
export function testOwner(onChange: () => void = () => {}, grantMs = 60_000): TestOwner {
  const state = mkdtempSync(join(tmpdir(), 'lenscap-media-'))
  const folder = join(state, 'media')
  const key = generateKeyPairSync('ed25519')
  const db = openDatabase(join(state, 'state.db'), [CONSENT_TABLES, LATEST_TIME_TABLES])
  const pins = { agent: AGENT, account: ACCOUNT, grantKey: key.publicKey }
  const cap = new Cap(state)
  const consent = new Consent({ db, pins, cap, clock: systemClock, onChange })
  return {
    cap,
    consent,
    folder,
    get files() {
      return existsSync(folder) ? readdirSync(folder) : []
    },
    allow(...kinds) {
      const cameras = kinds.length === 0 ? [] : [{ camera: CAMERA, kinds }]
      const expires = systemClock.nowMs() + grantMs
      const ids = { account: ACCOUNT, agent: AGENT, grantedBy: ACCOUNT, recipients: [RECIPIENT] }
      consent.accept(
        signGrant({ v: 1, ...ids, serial: consent.serial + 1, notBefore: 0, expires, cameras }, key.privateKey),
      )
    },
    grant(kind) {
      const grant = consent.grant(CAMERA, kind)
      if (grant === undefined) throw new Error(`No grant for ${kind}`)
      return grant
    },
    [Symbol.dispose]() {
      consent[Symbol.dispose]()
      db.close()
      rmSync(state, { recursive: true, force: true })
    },
  }
}

/** The frame of a JPEG: enough for a check of its markers. */
export const JPEG = Buffer.from(
  'ffd8ffe000104a46494600010100000100010000ffc0000b080001000101011100ffda0008010100003f00aaffd9',
  'hex',
)

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Sends a picture to everyone. */
export const sendJpeg: Handler = (_, response) => response.end(JPEG)

/** A camera that answers snapshot requests as the handler says, on loopback. */
export async function httpCamera(handler: Handler) {
  const authorizations: (string | undefined)[] = []
  let connections = 0
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization)
    handler(request, response)
  })
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const access: MediaAccess = {
    camera: CAMERA,
    address: '127.0.0.1',
    streamUri: () => Promise.reject(new Error('not asked for')),
    // A host that does not exist: only the camera's own address may be dialled.
    snapshotUri: async () => new URL(`http://root:pass@camera.invalid:${port}/snap?channel=1`),
    credential: { username: 'admin', password: new Secret('correct horse') },
    gate: new DeviceGate(systemClock),
  }
  return {
    access,
    /** What each request brought, in order. */
    authorizations,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
