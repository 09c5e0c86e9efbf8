import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ageIdentityText, ageRecipientOf, newAgeIdentity } from '../../agent/protocol/age.ts'
import { LiveSealer } from '../../agent/protocol/live-envelope.ts'
import { LIVE_HEADER_BYTES, liveHeader } from '../../agent/protocol/live-message.ts'
import { newEnvelope } from '../../agent/protocol/media-envelope.ts'
import { LiveOpener } from '../../cloud-bridge/console/live/opener.ts'
import { unwrapWith } from '../../cloud-bridge/console/vault/keys.ts'
import { Reader } from '../../cloud-bridge/console/vault/reader.ts'
import { openHead } from '../../cloud-bridge/console/vault/sealed-item.ts'

const OWNER = newAgeIdentity()
const RECIPIENTS = [ageRecipientOf(OWNER)]
const CAMERA = 'camera2345672345'
const LABEL = {
  item: 'abcdefgh23456723',
  camera: CAMERA,
  kind: 'live',
  contentType: 'video/mp4',
  takenAt: 1_700_000_000_000,
  durationMs: 0,
  reason: 'one',
} as const
const DAMAGED = { refusal: 'damaged' }

/** A part as a box encrypts it: its head, `init`, a keyframe and two pictures after it. */
function part(camera = CAMERA, item: string = LABEL.item) {
  const sealer = new LiveSealer({ ...LABEL, camera, item }, RECIPIENTS)
  const seal = (type: 'init' | 'key' | 'delta', text: string) => sealer.seal(type, [Buffer.from(text)])
  return {
    head: sealer.head,
    init: seal('init', 'i'),
    key: seal('key', 'k'),
    first: seal('delta', 'd1'),
    second: seal('delta', 'd2'),
  }
}

function opener(identity = OWNER) {
  const heads: Uint8Array[] = []
  const opener = new LiveOpener(CAMERA, (head) => {
    heads.push(head)
    return openHead(head, unwrapWith([ageIdentityText(identity)]))
  })
  const open = async (message: Buffer): Promise<string | undefined> => {
    const opened = await opener.open(new Uint8Array(message).buffer)
    return opened && `${opened.type} ${Buffer.from(opened.body)}`
  }
  return { open, heads }
}

/** With one byte of it another. */
const changed = (message: Buffer, at: number): Buffer => message.with(at, (message[at] ?? 0) ^ 1) as Buffer

describe("the browser's opener of a live view", () => {
  it('gives what the box encrypted, part after part', async () => {
    const { open } = opener()
    for (const { head, init, key, first, second } of [part(), part(CAMERA, 'bcdefghi23456723')]) {
      const opened: (string | undefined)[] = []
      for (const message of [head, init, key, first, second]) opened.push(await open(message))
      assert.deepEqual(opened, [undefined, 'init i', 'key k', 'delta d1', 'delta d2'])
    }
  })

  it('goes on after pictures that were left out, with the head and its `init` again, and asks for no key again', async () => {
    const { open, heads } = opener()
    const { head, init, key, second } = part()
    for (const message of [head, init, key, head, init]) await open(message)
    assert.equal(await open(second), 'delta d2')
    assert.equal(heads.length, 1)
  })

  it('refuses what comes again, or too late', async () => {
    const { head, init, key, first, second } = part()
    for (const again of [key, first]) {
      const { open } = opener()
      for (const message of [head, init, key, first, second, head, init]) await open(message)
      await assert.rejects(open(again), DAMAGED)
    }
  })

  it('refuses whatever was changed on the way', async () => {
    const { head, init, key, first } = part()
    const { key: ofAnother } = part()
    const renamed = Buffer.concat([liveHeader({ type: 'delta', number: 1, bytes: 1 }), key.subarray(LIVE_HEADER_BYTES)])
    const moved = Buffer.concat([liveHeader({ type: 'key', number: 2, bytes: 1 }), key.subarray(LIVE_HEADER_BYTES)])
    const wrong = [ofAnother, renamed, moved, key.subarray(0, -1), changed(key, key.length - 1), changed(key, 10)]
    for (const message of wrong) {
      const { open } = opener()
      for (const before of [head, init]) await open(before)
      await assert.rejects(open(message), DAMAGED)
    }
    await assert.rejects(opener().open(first), DAMAGED, 'before any head')
  })

  it('refuses a head that is of another camera, of a clip, or cut short', async () => {
    const { head: clip } = newEnvelope({ ...LABEL, kind: 'clip' }, 100, RECIPIENTS)
    const asLive = Buffer.concat([liveHeader({ type: 'head', number: 0, bytes: clip.length }), clip])
    for (const head of [part('another234567234').head, asLive, part().head.subarray(0, -1)]) {
      const { open, heads } = opener()
      await assert.rejects(open(head), DAMAGED)
      assert.equal(heads.length, 0, 'no key is asked for')
    }
  })

  it('opens nothing with another key', async () => {
    await assert.rejects(opener(newAgeIdentity()).open(part().head), { refusal: 'no-key' })
  })

  it('leaves aside what a newer bridge may say', async () => {
    const { open } = opener()
    assert.equal(await open(changed(part().head, 0)), undefined)
  })
})

it('no live view is taken for a clip', async () => {
  const { head, init } = part()
  const bytes = Buffer.concat([head.subarray(LIVE_HEADER_BYTES), init])
  const fetchSealed = async (_: string, start: number, end: number) => new Uint8Array(bytes.subarray(start, end + 1))
  const reader = new Reader(fetchSealed, unwrapWith([ageIdentityText(OWNER)]))
  await assert.rejects(reader.look(LABEL.item), DAMAGED)
})
