import fc from 'fast-check'

/** One change: what, where (a share of the length, 0 to 1), how much, and from which list. */
interface Change {
  readonly how: keyof typeof HOW
  readonly at: number
  readonly size: number
  readonly which: number
}

/** What trips parsers: pieces that are put into a reply, or take the place of a text in it. */
const PIECES: readonly (() => string)[] = [
  () => '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>&c;',
  () => '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  () => '<a>'.repeat(5000),
  () => '</a>'.repeat(500),
  () => `<a ${Array.from({ length: 2000 }, (_, i) => `xmlns:n${i}="u"`).join(' ')}/>`,
  () => `<a b="${'x'.repeat(50_000)}"/>`,
  () => '<![CDATA[',
  () => ']]>',
  () => '<!--',
  () => '<?xml version="1.0" encoding="utf-16"?>',
  () => '&#0;&#x110000;&#xD800;&unknown;&',
  () => '\u0000\ufeff\u202e\ud83d',
  () => '9'.repeat(400),
  () => '-1',
  () => 'NaN',
  () => '1e999',
  () => '__proto__',
  () => '<__proto__><constructor>x</constructor></__proto__>',
  () => 'http://169.254.169.254/latest/meta-data',
  () => 'http://[::ffff:127.0.0.1]:99999/',
  () => 'rtsp://user:secret@host:0/..//',
  () => 'file:///etc/shadow',
  () => '<',
  () => '"',
  () => '>',
  () => '\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
]

const piece = (which: number): Buffer => Buffer.from((PIECES[which % PIECES.length] ?? (() => ''))())

const HOW = {
  flip: (reply: Buffer, { at, size }: Change) => {
    const changed = Buffer.from(reply)
    const index = Math.floor(at * (reply.length - 1))
    if (reply.length > 0) changed[index] = (changed[index] ?? 0) ^ (1 << (size % 8))
    return changed
  },
  cut: (reply: Buffer, { at }: Change) => reply.subarray(0, Math.floor(at * reply.length)),
  remove: (reply: Buffer, change: Change) => splice(reply, change.at, change.size % 400, Buffer.alloc(0)),
  repeat: (reply: Buffer, { at, size, which }: Change) => {
    const from = Math.floor(at * reply.length)
    const part = reply.subarray(from, from + (size % 300))
    return splice(reply, at, 0, Buffer.concat(Array.from({ length: 1 + (which % 200) }, () => part)))
  },
  insert: (reply: Buffer, { at, which }: Change) => splice(reply, at, 0, piece(which)),
  text: (reply: Buffer, { at, which }: Change) => inNextText(reply, at, piece(which)),
  noise: (reply: Buffer, { at, size }: Change) =>
    splice(reply, at, 0, Buffer.from(Array.from({ length: size % 200 }, (_, i) => (i * size * 31) & 255))),
} as const

function splice(reply: Buffer, at: number, remove: number, put: Buffer): Buffer {
  const from = Math.floor(at * reply.length)
  return Buffer.concat([reply.subarray(0, from), put, reply.subarray(from + remove)])
}

/** In place of the text of the next element that has one. */
function inNextText(reply: Buffer, at: number, put: Buffer): Buffer {
  const from = reply.indexOf('>', Math.floor(at * reply.length)) + 1
  const end = reply.indexOf('<', from)
  return from > 0 && end > from ? Buffer.concat([reply.subarray(0, from), put, reply.subarray(end)]) : reply
}

const change: fc.Arbitrary<Change> = fc.record({
  how: fc.constantFrom(...(Object.keys(HOW) as (keyof typeof HOW)[])),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  size: fc.nat(100_000),
  which: fc.nat(10_000),
})

/** One to four changes, one after the other. */
export const mutation: fc.Arbitrary<readonly Change[]> = fc.array(change, { minLength: 1, maxLength: 4 })

export const mutate = (reply: Buffer, changes: readonly Change[]): Buffer =>
  changes.reduce((changed, each) => HOW[each.how](changed, each), reply)
