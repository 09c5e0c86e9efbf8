// The bed that egress is tested on: a real tus end, a TCP proxy that cuts, and a box with an owner. No tests of its own.
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'
import { type Clock, systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { newId } from '../base/ids.ts'
import { silentLogger } from '../base/logger.ts'
import { Secret } from '../base/secret.ts'
import { Cap } from '../consent/cap.ts'
import { CONSENT_TABLES, Consent } from '../consent/consent.ts'
import { LATEST_TIME_TABLES } from '../consent/latest-time.ts'
import { ageRecipientOf, newAgeIdentity } from '../protocol/age.ts'
import { signGrant } from '../protocol/grant.ts'
import { openEnvelope, parseEnvelope } from '../protocol/media-envelope.ts'
import type { MediaKind } from '../protocol/media-kind.ts'
import { opened } from '../protocol/media-stream.ts'
import { UploadMetadata } from '../protocol/upload.ts'
import { Egress, type EgressActivity } from './egress.ts'
import type { EgressLimits } from './limits.ts'
import type { EgressItem } from './queue.ts'

const AGENT = 'agentaaaaaaaaaaa'
const ACCOUNT = 'accountaaaaaaaaa'
export const CAMERA = 'cameraaaaaaaaaaa'
export const TOKEN = 'this-token-is-never-to-be-seen-anywhere'
const owner = generateKeyPairSync('ed25519')
const reader = newAgeIdentity()

const folder = (name: string) => mkdtempSync(join(tmpdir(), `lenscap-${name}-`))
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

export async function until(what: string, condition: () => boolean, deadlineMs = 20_000): Promise<void> {
  const endMs = Date.now() + deadlineMs
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`waited in vain until ${what}`)
    await systemClock.sleep(2)
  }
}

async function listen(server: NetServer): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** What the owner reads of an encrypted file, with what the box said of it. @throws where it was changed */
export async function readSealed(file: string, { envelope }: { envelope?: string | undefined }): Promise<Buffer> {
  const head = parseEnvelope(Buffer.from(envelope ?? '', 'base64url'))
  const cipher = openEnvelope(head, reader)
  assert.ok(cipher)
  const range = { start: 0, end: head.plainBytes - 1 }
  const pieces: Buffer[] = []
  for await (const piece of opened(cipher, head.plainBytes, range, createReadStream(file))) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** A real tus end. `location` may name what a confused proxy would. */
export async function bridge(t: TestContext, location?: string) {
  const directory = folder('uploads')
  const seen = { items: [] as UploadMetadata[], files: [] as string[], requests: 0, refuse: 0, creations: 0 }
  const tus = new Server({
    path: '/device/v1/uploads',
    datastore: new FileStore({ directory }),
    ...(location && { generateUrl: (_: unknown, { id }: { id: string }) => `${location}/device/v1/uploads/${id}` }),
    onUploadCreate: async () => {
      seen.creations += 1
      return {}
    },
    onUploadFinish: async (_, { metadata, id }) => {
      const item = UploadMetadata.parse(metadata)
      assert.equal(sha256(readFileSync(join(directory, id))), item.sha256)
      seen.items.push(item)
      seen.files.push(join(directory, id))
      return {}
    },
  })
  const server = createHttpServer((request, response) => {
    seen.requests += 1
    const allowed = request.headers.authorization === `Bearer ${AGENT}.${TOKEN}`
    if (seen.refuse || !allowed) response.writeHead(seen.refuse || 401).end()
    else void tus.handle(request, response)
  })
  const port = await listen(server)
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { seen, port, bridgeUrl: `http://127.0.0.1:${port}` }
}

/** A TCP proxy: counts what goes up, cuts once or stops taking after so many bytes. */
export async function proxy(t: TestContext, port: number) {
  const line = {
    upBytes: 0,
    connections: 0,
    open: 0,
    cutAfter: Number.POSITIVE_INFINITY,
    holdAfter: Number.POSITIVE_INFINITY,
    /** Takes again what was held back. */
    goOn: () => {},
  }
  const sockets = new Set<Socket>()
  const server = createServer((down) => {
    const up = connect(port, '127.0.0.1')
    line.connections += 1
    line.open += 1
    for (const socket of [down, up]) sockets.add(socket.on('error', () => {}))
    line.goOn = () => {
      line.holdAfter = Number.POSITIVE_INFINITY
      down.resume()
    }
    down.on('data', (data) => {
      line.upBytes += data.length
      if (line.upBytes > line.cutAfter) {
        line.cutAfter = Number.POSITIVE_INFINITY
        down.destroy()
      } else if (line.upBytes > line.holdAfter) down.pause()
      up.write(data)
    })
    down.on('close', () => {
      line.open -= 1
      up.end()
    })
    up.on('data', (data) => down.write(data))
    up.on('close', () => down.destroy())
  })
  const own = await listen(server)
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { line, bridgeUrl: `http://127.0.0.1:${own}` }
}

export function box(
  t: TestContext,
  bridgeUrl: string,
  limits: Partial<EgressLimits> = {},
  { stateDir = folder('egress'), clock = systemClock }: { stateDir?: string; clock?: Clock } = {},
) {
  const db = openDatabase(join(stateDir, 'state.db'), [CONSENT_TABLES, LATEST_TIME_TABLES])
  const cap = new Cap(stateDir)
  const pins = { agent: AGENT, account: ACCOUNT, grantKey: owner.publicKey }
  const consent = new Consent({ db, pins, cap, clock, onChange: () => {} })
  const activities: EgressActivity[] = []
  const egress = new Egress({
    stateDir,
    grantFor: (camera, kind) => consent.grant(camera, kind),
    target: { bridgeUrl, agent: AGENT, token: new Secret(TOKEN) },
    clock,
    random: Math.random,
    logger: silentLogger,
    onActivity: (activity) => activities.push(activity),
    limits: { retry: { firstDelayMs: 10, delayMsMax: 50, steadyAfterMs: 1000 }, chunkBytes: 256 * 1024, ...limits },
  })
  const stop = new AbortController()
  let running = Promise.resolve()
  const allow = (
    serial: number,
    kinds: MediaKind[],
    { recipients = [ageRecipientOf(reader)], expires = Date.now() + 3_600_000 } = {},
  ) => {
    const notBefore = 0
    const cameras = [{ camera: CAMERA, kinds }]
    consent.accept(
      signGrant(
        { v: 1, account: ACCOUNT, agent: AGENT, serial, notBefore, expires, grantedBy: ACCOUNT, cameras, recipients },
        owner.privateKey,
      ),
    )
  }
  const enqueue = async (
    kind: 'snapshot' | 'clip',
    bytes: number,
    takenAt = Date.now(),
    content = randomBytes(bytes),
  ) => {
    const path = join(stateDir, `made-${newId()}`)
    writeFileSync(path, content)
    const contentType = kind === 'clip' ? 'video/mp4' : 'image/jpeg'
    const item: EgressItem = {
      item: newId(),
      camera: CAMERA,
      kind,
      contentType,
      path,
      bytes,
      sha256: sha256(content),
      takenAt,
      durationMs: 0,
      reason: 'motion',
    }
    const grant = consent.grant(CAMERA, kind)
    assert.ok(grant)
    await egress.enqueue(grant, item)
    return item
  }
  const start = () => {
    running = egress.run(stop.signal)
  }
  const end = async () => {
    stop.abort()
    await running
    egress[Symbol.dispose]()
    consent[Symbol.dispose]()
    db.close()
  }
  t.after(() => (stop.signal.aborted ? undefined : end()))
  const files = () => readdirSync(join(stateDir, 'media-queue'))
  return { consent, egress, activities, allow, enqueue, start, end, files, stateDir, cap }
}
