import { rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'
import type { Clock } from '../../agent/base/clock.ts'
import { describeError } from '../../agent/base/errors.ts'
import { newId } from '../../agent/base/ids.ts'
import type { Logger } from '../../agent/base/logger.ts'
import { DEVICE_PATHS } from '../../agent/protocol/claim.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import { MediaKind } from '../../agent/protocol/media-kind.ts'
import { UPLOAD_BYTES_MAX, UploadMetadata } from '../../agent/protocol/upload.ts'
import type { Consent } from '../consent/consent.ts'
import type { Device } from '../devices/devices.ts'
import type { Db, Tx } from '../store/tables.ts'
import { answer, FAILED } from './answer.ts'
import { Intake, sizeOf } from './intake.ts'
import type { Finished, Items } from './items.ts'
import { notAllowed, Refusal, unknownUpload } from './refusal.ts'
import type { Refused } from './refused.ts'
import { removeStrays } from './strays.ts'
import { Transfers } from './transfers.ts'
import type { Verifier } from './verifier.ts'

const OPEN_PER_AGENT_MAX = 32
const UNFINISHED_MS_MAX = 24 * 3_600_000
const UPLOAD_ID = /^[a-z2-7]{24}$/

export interface UploadsDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  readonly consent: Consent
  readonly items: Items
  readonly refused: Refused
  readonly verifier: Verifier
  /** Where unfinished transfers lie: a folder that is there, on the media store's own disk. */
  readonly folder: string
}

type UploadRow = NonNullable<Awaited<ReturnType<Uploads['find']>>>

/** Takes media in by tus 1.0.0. The owner's grant is asked at the creation, at each request and again at the end. */
export class Uploads {
  readonly #deps: UploadsDeps
  readonly #tus: Server
  readonly #transfers = new Transfers()
  readonly #intake: Intake
  readonly #devices = new WeakMap<object, Device>()
  /** The upload that a request is about: the one that was checked, and no other that its address may name as well. */
  readonly #asked = new WeakMap<object, string>()
  readonly #finishing = new Map<string, Promise<void>>()

  constructor(deps: UploadsDeps) {
    this.#deps = deps
    this.#intake = new Intake(deps.verifier)
    this.#tus = new Server({
      path: DEVICE_PATHS.uploads,
      relativeLocation: true,
      datastore: new FileStore({ directory: deps.folder }),
      maxSize: UPLOAD_BYTES_MAX,
      // By itself it would take the last part of the whole address, its query included.
      getFileIdFromRequest: (request) => this.#asked.get(request.runtime?.node?.req ?? request),
      // Boxes are no browsers: no page of any origin has business here.
      allowedOrigins: [],
      namingFunction: () => newId(24),
      onUploadCreate: async (request, upload) => {
        const { req } = request.runtime?.node ?? {}
        const device = req && this.#devices.get(req)
        if (!device) throw unknownUpload()
        this.#transfers.add(upload.id, req)
        this.#asked.set(req, upload.id)
        await this.#create(device, upload.id, upload.size, upload.metadata)
        // The wrapped key is kept in the records alone, where it goes when its row goes.
        const { envelope: _, ...metadata } = upload.metadata ?? {}
        return { metadata }
      },
      onUploadFinish: async (_, upload) => {
        await this.#finish(upload.id)
        return {}
      },
      onResponseError: (_, error) => {
        if (!(error instanceof Error) || error instanceof Refusal) return undefined
        deps.logger.error({ reason: describeError(error) }, 'an upload failed')
        return { status_code: 500, body: FAILED }
      },
    })
  }

  /** One request of an authenticated device to the uploads' path, `upload` being the path's last part. */
  async handle(
    device: Device,
    upload: string | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    this.#devices.set(request, device)
    try {
      if (upload === undefined) {
        await this.#tus.handle(request, response)
        await this.#dropIfGone(this.#asked.get(request))
        return
      }
      const row = await this.#mayGoOn(device, upload, request, response)
      if (row && request.method === 'PATCH') await this.#take(row, request, response)
      else if (row) await this.#tus.handle(request, response)
    } catch (error) {
      if (error instanceof Refusal) return answer(response, error.status_code, {}, error.body)
      this.#deps.logger.error({ reason: describeError(error) }, 'an upload failed')
      if (response.headersSent) response.destroy()
      else answer(response, 500, {}, FAILED)
    }
  }

  /** Cuts and purges what an agent's owner no longer allows. */
  async revoke(agent: Id): Promise<void> {
    for (const row of await unfinishedOf(this.#deps.db, agent)) {
      if (!(await this.#allowed(row))) await this.#purge(row.id)
    }
  }

  /**
   * Purges what was never finished or is no longer allowed (a grant may run out, or a revocation be cut short by a
   * crash), forgets what was finished long ago, and removes files that nobody knows.
   */
  async sweep(): Promise<void> {
    const { db, clock, folder } = this.#deps
    const old = clock.nowMs() - UNFINISHED_MS_MAX
    for (const row of await db.selectFrom('uploads').selectAll().execute()) {
      if (row.created_at < old || (row.done === 0 && !(await this.#allowed(row)))) await this.#purge(row.id)
    }
    const known = await db.selectFrom('uploads').select('id').execute()
    await removeStrays(folder, new Set(known.map(({ id }) => id)), clock.nowMs())
  }

  /** One piece, and where it is the last, the item. @throws Refusal */
  async #take(row: UploadRow, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let offset = 0
    try {
      const job = await this.#deps.items.jobOf(this.#finished(row))
      offset = await this.#intake.take({ upload: row.id, job, bytesMax: row.bytes }, request)
    } catch (error) {
      // Cut: by the line, or by a revocation.
      if (request.destroyed && !(error instanceof Refusal)) return void response.destroy()
      throw error
    }
    if (offset === row.bytes) await this.#finish(row.id)
    answer(response, 204, { 'upload-offset': String(offset) })
  }

  /** The upload, where the request goes on; undefined where it is answered here. @throws Refusal */
  async #mayGoOn(
    device: Device,
    id: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<UploadRow | undefined> {
    // Before the grant is asked: whatever happens from now on, a revocation finds this transfer.
    this.#transfers.add(id, request)
    this.#asked.set(request, id)
    const row = UPLOAD_ID.test(id) ? await this.find(device, id) : undefined
    if (!row) throw unknownUpload()
    if (request.method === 'DELETE') {
      await this.#purge(id, request)
      answer(response, 204)
      return undefined
    }
    await this.#intake.end(id)
    if (!row.done && !(await this.#allowed(row))) {
      await this.#purge(id, request)
      await this.#deps.refused.record(device, row.camera, row.kind)
      throw notAllowed(row.kind)
    }
    if (!row.done && request.method === 'HEAD' && (await sizeOf(this.#file(id))) === row.bytes) {
      // All bytes came, but the answer did not go: it counts only once the item is held.
      await this.#finish(id)
      row.done = 1
    }
    if (!row.done) return row
    const length = String(row.bytes)
    answer(response, request.method === 'HEAD' ? 200 : 204, { 'upload-offset': length, 'upload-length': length })
    return undefined
  }

  /** @throws Refusal 400 for what makes no sense, 403 without a grant, 429 for too many at a time */
  async #create(device: Device, id: string, bytes: number | undefined, said: unknown): Promise<void> {
    const { db, clock, consent, refused } = this.#deps
    const metadata = UploadMetadata.safeParse(said)
    if (!metadata.success)
      throw new Refusal(400, `Upload-Metadata: ${metadata.error.issues[0]?.path.join('.') ?? ''} is missing or wrong`)
    if (!bytes) throw new Refusal(400, 'Upload-Length must be known and not 0')
    await this.#deps.items.checkEnvelope(device, metadata.data, bytes)
    const { camera, kind, item, grantSerial } = metadata.data
    const outcome = await db.transaction().execute(async (tx) => {
      if (!(await consent.allows(tx, device.agent, camera, kind, grantSerial))) return 'not allowed'
      const open = await unfinishedOf(tx, device.agent)
      if (open.length >= OPEN_PER_AGENT_MAX) return 'too many'
      await tx
        .insertInto('uploads')
        .values({
          ...device,
          id,
          camera,
          kind,
          item,
          bytes,
          metadata: JSON.stringify(metadata.data),
          created_at: clock.nowMs(),
          done: 0,
        })
        .execute()
      return open.filter((upload) => upload.item === item)
    })
    if (outcome === 'too many') throw new Refusal(429, 'Too many unfinished uploads: finish or delete some')
    if (outcome === 'not allowed') {
      await refused.record(device, camera, kind)
      throw notAllowed(kind)
    }
    // The box lost where it was and begins anew.
    for (const former of outcome) await this.#purge(former.id)
  }

  #finish(id: string): Promise<void> {
    const running = this.#finishing.get(id) ?? this.#keep(id).finally(() => this.#finishing.delete(id))
    this.#finishing.set(id, running)
    return running
  }

  async #keep(id: string): Promise<void> {
    const row = await this.#deps.db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) {
      await this.#removeFiles(id)
      throw unknownUpload()
    }
    const finished = this.#finished(row)
    try {
      if (!(await this.#allowed(row))) throw notAllowed(row.kind)
      await this.#deps.items.keep(finished)
      await this.#removeFiles(id)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      await this.#purge(id)
      if (error.status_code === 403) await this.#deps.refused.record(finished.device, row.camera, row.kind)
      throw error
    }
  }

  #finished({ id, agent, account, bytes, metadata }: UploadRow): Finished {
    const device = { agent, account }
    return { device, upload: id, file: this.#file(id), bytes, metadata: UploadMetadata.parse(JSON.parse(metadata)) }
  }

  #allowed(row: UploadRow): Promise<boolean> {
    const { grantSerial } = UploadMetadata.parse(JSON.parse(row.metadata))
    return this.#deps.consent.allows(this.#deps.db, row.agent, row.camera, MediaKind.parse(row.kind), grantSerial)
  }

  find(device: Device, id: string) {
    return this.#deps.db
      .selectFrom('uploads')
      .selectAll()
      .where('id', '=', id)
      .where('agent', '=', device.agent)
      .executeTakeFirst()
  }

  /** Row first: from then on nobody finishes it. `asking` still gets its answer. */
  async #purge(id: string, asking?: IncomingMessage): Promise<void> {
    await this.#deps.db.deleteFrom('uploads').where('id', '=', id).execute()
    if (asking) this.#transfers.remove(id, asking)
    this.#transfers.cut(id)
    this.#deps.verifier.drop(id)
    await this.#removeFiles(id)
  }

  /** A revocation between the creation's row and its files found no files to remove. */
  async #dropIfGone(id: string | undefined): Promise<void> {
    if (id === undefined) return
    const row = await this.#deps.db.selectFrom('uploads').select('id').where('id', '=', id).executeTakeFirst()
    if (!row) await this.#removeFiles(id)
  }

  async #removeFiles(id: string): Promise<void> {
    await rm(this.#file(id), { force: true })
    await rm(`${this.#file(id)}.json`, { force: true })
  }

  #file(id: string): string {
    return join(this.#deps.folder, id)
  }
}

const unfinishedOf = (db: Db | Tx, agent: Id) =>
  db.selectFrom('uploads').selectAll().where('agent', '=', agent).where('done', '=', 0).execute()
