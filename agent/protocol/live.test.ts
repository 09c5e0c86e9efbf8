import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ageRecipientOf, newAgeIdentity } from './age.ts'
import { type LiveLabel, LiveOpener, LiveSealer, readLiveHead } from './live-envelope.ts'
import { readLiveHeader } from './live-message.ts'

const identity = newAgeIdentity()
const LABEL: LiveLabel = {
  item: 'itemaaaaaaaaaaaa',
  camera: 'cameraaaaaaaaaaa',
  kind: 'live',
  contentType: 'video/mp4',
  takenAt: 1,
  durationMs: 0,
  reason: 'grid',
}

function part(label: Partial<LiveLabel> = {}) {
  const sealer = new LiveSealer({ ...LABEL, ...label }, [ageRecipientOf(identity)])
  const head = readLiveHead(sealer.head)
  const opener = LiveOpener.of(head, identity)
  assert.ok(opener)
  return { sealer, head, opener }
}

const bytes = (text: string) => [Buffer.from(text)]

describe('a part of a live view', () => {
  it('is read by its recipient, and says in the clear no more than type, number and length', () => {
    const { sealer, head, opener } = part()
    const messages = [sealer.seal('init', bytes('moov')), sealer.seal('key', [Buffer.from('mo'), Buffer.from('of')])]
    assert.deepEqual(head.label, LABEL)
    assert.deepEqual(
      messages.map((message) => readLiveHeader(message)),
      [
        { type: 'init', number: 0, bytes: 4 },
        { type: 'key', number: 1, bytes: 4 },
      ],
    )
    assert.deepEqual(
      messages.map((message) => String(opener.open(message))),
      ['moov', 'moof'],
    )
    assert.ok(messages.every((message) => !message.includes('moo')))
  })

  it('may be read with messages left out, but none twice or out of turn', () => {
    const { sealer, opener } = part()
    const [first, second, third] = ['a', 'b', 'c'].map((text) => sealer.seal('delta', bytes(text)))
    assert.ok(first && second && third)
    assert.equal(String(opener.open(first)), 'a')
    assert.equal(String(opener.open(third)), 'c')
    assert.throws(() => opener.open(second), { kind: 'invalid' })
    assert.throws(() => opener.open(third), { kind: 'invalid' })
  })

  it('opens for nobody else, and not when a bit of header, body or head was changed', () => {
    const { sealer, opener } = part()
    const message = sealer.seal('key', bytes('picture'))
    assert.equal(LiveOpener.of(readLiveHead(sealer.head), newAgeIdentity()), undefined)
    for (const at of [1, 5, 12, message.length - 1]) {
      const other = Buffer.from(message)
      other[at] = (other[at] ?? 0) ^ 1
      assert.throws(() => opener.open(other), { name: 'LenscapError' }, `byte ${at}`)
    }
    assert.equal(String(opener.open(message)), 'picture')
    const foreign = part({ camera: 'camerabbbbbbbbbb' }).sealer.seal('key', bytes('picture'))
    assert.throws(() => part().opener.open(foreign), { kind: 'invalid' })
  })

  it('is refused by what a newer release says, and by what says nothing', () => {
    const { sealer } = part()
    const newer = Buffer.from(sealer.head)
    newer[0] = 2
    assert.throws(() => readLiveHead(newer), { kind: 'unsupported' })
    assert.throws(() => readLiveHead(Buffer.alloc(3)), { kind: 'invalid' })
    assert.throws(() => readLiveHead(sealer.head.subarray(0, -1)), { kind: 'invalid' })
  })
})
