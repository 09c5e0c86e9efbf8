import type { Clock } from '../../agent/base/clock.ts'
import { newId } from '../../agent/base/ids.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { UploadMetadata } from '../../agent/protocol/upload.ts'
import type { MediaKeys } from '../accounts/media-keys.ts'
import type { Consent } from '../consent/consent.ts'
import type { Device } from '../devices/devices.ts'
import { BLOB_KEY_LENGTH, type MediaStore } from '../media-store/media-store.ts'
import { believableTime } from '../store/believable-time.ts'
import type { OnChange } from '../store/change.ts'
import { checkpoint } from '../store/open-store.ts'
import type { Db, Tx } from '../store/tables.ts'
import { notAllowed, privateOnly, Refusal } from './refusal.ts'
import type { Verifier } from './verifier.ts'
import { type CheckJob, envelopeOf, type Reader } from './verify.ts'

export interface ItemsDeps {
  readonly db: Db
  readonly clock: Clock
  readonly mediaStore: MediaStore
  readonly consent: Consent
  readonly mediaKeys: MediaKeys
  readonly verifier: Verifier
  readonly onChange: OnChange
}

const ITEMS_PER_STEP = 100

/** A finished transfer: a local file and what the box said of it. */
export interface Finished {
  readonly device: Device
  readonly upload: string
  readonly file: string
  readonly bytes: number
  readonly metadata: UploadMetadata
}

/** The media that are held. An item appears when its blob is safe, and its blob goes when the item does. */
export class Items {
  readonly #deps: ItemsDeps

  constructor(deps: ItemsDeps) {
    this.#deps = deps
  }

  /**
   * Takes a finished transfer in: checked against its hash, every chunk opened where we can, durable, and allowed at this
   * very moment. An item that is held already is fine: the box lost our answer.
   * @throws Refusal 460 when the bytes are not what was said, 400 when a chunk does not open or the account would have it
   * otherwise encrypted, 403 when the owner does not allow it
   */
  async keep(finished: Finished): Promise<void> {
    const { device, metadata } = finished
    const reader = await this.#verify(finished)
    const held = await this.#deps.db
      .selectFrom('items')
      .select('sha256')
      .where('agent', '=', device.agent)
      .where('id', '=', metadata.item)
      .executeTakeFirst()
    if (held && held.sha256 !== metadata.sha256) throw new Refusal(400, 'Another item of this id is held already')
    if (held) await markDone(this.#deps.db, finished)
    else await this.#adopt(finished, reader)
  }

  /**
   * What can be told before the first byte comes.
   * @throws Refusal 400 where the head of what is to come is damaged, of another item, or missing though the account is private
   */
  async checkEnvelope(device: Device, metadata: UploadMetadata, uploadBytes: number): Promise<void> {
    if (!envelopeOf(metadata, uploadBytes) && (await this.#isPrivate(device))) throw privateOnly()
  }

  async #isPrivate({ account }: Device): Promise<boolean> {
    return (await this.#deps.mediaKeys.ownerRecipients(account)).length > 0
  }

  /** What is to be verified of a transfer. */
  async jobOf({ device, file, metadata }: Pick<Finished, 'device' | 'file' | 'metadata'>): Promise<CheckJob> {
    const { sha256, envelope } = metadata
    return { file, said: { sha256, envelope }, identity: await this.#deps.mediaKeys.identity(device.account) }
  }

  /** @throws Refusal where the item is not as it must be, or not encrypted for whom it must be */
  async #verify(finished: Finished): Promise<Reader> {
    const { device, upload, bytes } = finished
    const reader = await this.#deps.verifier.finish(upload, await this.jobOf(finished), bytes)
    const isPrivate = await this.#isPrivate(device)
    if (reader === 'owner' && !isPrivate)
      throw new Refusal(400, 'This is encrypted for a key that this account does not have')
    if (reader !== 'owner' && isPrivate) throw privateOnly()
    return reader
  }

  /** Deletes an item for good. False: this account has no such item. */
  async remove(account: Id, item: Id): Promise<boolean> {
    const { db, clock, onChange } = this.#deps
    const gone = await db.transaction().execute(async (tx) => {
      const rows = await tx
        .deleteFrom('items')
        .where('account', '=', account)
        .where('id', '=', item)
        .returning(['agent', 'camera', 'blob'])
        .execute()
      for (const { blob } of rows) await tx.insertInto('doomed_blobs').values({ blob, since: clock.nowMs() }).execute()
      return rows
    })
    for (const { agent, camera, blob } of gone) {
      await this.#removeBlob(blob)
      onChange([
        { account, kind: 'item-deleted', agent, camera, item },
        { account, kind: 'camera', agent, camera },
        { account, kind: 'totals' },
      ])
    }
    if (gone.length > 0) await checkpoint(db)
    return gone.length > 0
  }

  /** Deletes all of an account's items, or of one of its cameras, some at a time, so that nobody else waits long. */
  async removeAll(account: Id, of?: { readonly agent: Id; readonly camera: Id }): Promise<void> {
    const { db, clock } = this.#deps
    for (;;) {
      const blobs = await db.transaction().execute(async (tx) => {
        const some = await tx
          .selectFrom('items')
          .select(['agent', 'id', 'blob'])
          .where('account', '=', account)
          .$if(of !== undefined, (all) =>
            all.where('agent', '=', of?.agent ?? '').where('camera', '=', of?.camera ?? ''),
          )
          .limit(ITEMS_PER_STEP)
          .execute()
        for (const { agent, id, blob } of some) {
          await tx.insertInto('doomed_blobs').values({ blob, since: clock.nowMs() }).execute()
          await tx.deleteFrom('items').where('agent', '=', agent).where('id', '=', id).execute()
        }
        return some.map(({ blob }) => blob)
      })
      if (blobs.length === 0) return
      for (const blob of blobs) await this.#removeBlob(blob)
    }
  }

  /** Removes what a crash left between the records and the blobs. Only while nothing is coming in. */
  async sweep(): Promise<void> {
    for (const { blob } of await this.#deps.db.selectFrom('doomed_blobs').select('blob').execute()) {
      await this.#removeBlob(blob)
    }
  }

  async #adopt(finished: Finished, reader: Reader): Promise<void> {
    const { db, clock, mediaStore, onChange } = this.#deps
    const blob = newId(BLOB_KEY_LENGTH)
    await db.insertInto('doomed_blobs').values({ blob, since: clock.nowMs() }).execute()
    let taken = false
    try {
      await mediaStore.adopt(blob, finished.file)
      taken = await this.#insert(finished, reader, blob)
    } finally {
      if (!taken) await this.#removeBlob(blob)
    }
    const { device, metadata } = finished
    if (!taken) throw notAllowed(metadata.kind)
    const { account, agent } = device
    onChange([
      { account, kind: 'item', agent, camera: metadata.camera, item: metadata.item },
      { account, kind: 'camera', agent, camera: metadata.camera },
      { account, kind: 'totals' },
    ])
  }

  /** False: not allowed, at this very moment. */
  #insert({ device, upload, bytes, metadata }: Finished, reader: Reader, blob: string): Promise<boolean> {
    const { db, clock, consent } = this.#deps
    const { camera, kind } = metadata
    const said = { camera, kind, bytes, sha256: metadata.sha256, grant_serial: metadata.grantSerial }
    const received_at = clock.nowMs()
    return db.transaction().execute(async (tx) => {
      if (!(await consent.allows(tx, device.agent, camera, kind, metadata.grantSerial))) return false
      // Outlives the item: what was received and deleted was received.
      await tx
        .insertInto('receipts')
        .values({ ...device, item: metadata.item, ...said, received_at })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      await tx
        .insertInto('items')
        .values({
          ...device,
          ...said,
          id: metadata.item,
          content_type: metadata.contentType,
          taken_at: believableTime(metadata.takenAt, received_at),
          received_at,
          duration_ms: metadata.durationMs,
          reason: metadata.reason,
          blob,
          envelope: metadata.envelope ?? null,
          locked: reader === 'owner' ? 1 : 0,
        })
        .execute()
      await tx.deleteFrom('doomed_blobs').where('blob', '=', blob).execute()
      await markDone(tx, { upload, metadata })
      return true
    })
  }

  /** The file first: while it is there, its row is, so that a crash forgets nothing. */
  async #removeBlob(blob: string): Promise<void> {
    await this.#deps.mediaStore.remove(blob)
    await this.#deps.db.deleteFrom('doomed_blobs').where('blob', '=', blob).execute()
  }
}

/** The item's row alone has its key from now on, so that it goes with the row. */
async function markDone(db: Db | Tx, { upload, metadata }: Pick<Finished, 'upload' | 'metadata'>): Promise<void> {
  const { envelope: _, ...rest } = metadata
  const done = { done: 1, metadata: JSON.stringify(rest) }
  await db.updateTable('uploads').set(done).where('id', '=', upload).execute()
}
