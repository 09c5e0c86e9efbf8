import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { RtspReader } from './reader.ts'

const SEED = 20_260_101
const LIMITS = { headBytesMax: 512, bodyBytesMax: 256 }

function read(chunks: readonly Uint8Array[]) {
  const seen: unknown[] = []
  const reader = new RtspReader(LIMITS, {
    onFrame: (channel, payload) => seen.push([channel, Buffer.from(payload).toString('hex')]),
    onMessage: (message) => {
      const body = Buffer.from(message.body).toString()
      seen.push(message.type === 'response' ? [message.status, [...message.headers], body] : [message.method, body])
    },
  })
  for (const chunk of chunks) reader.push(chunk)
  return seen
}

const frame = (channel: number, payload: Uint8Array) =>
  Buffer.concat([Buffer.from([0x24, channel, payload.length >> 8, payload.length & 255]), payload])

const message = (body: string, eol = '\r\n') =>
  Buffer.from(
    [
      'RTSP/1.0 200 OK',
      'CSeq: 3',
      'WWW-Authenticate: a',
      'www-authenticate: b',
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join(eol),
  )

const part = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 300 })).map(([c, bytes]) => frame(c, bytes)),
  fc.tuple(fc.stringMatching(/^[ -~]{0,200}$/), fc.constantFrom('\r\n', '\n')).map(([body, eol]) => message(body, eol)),
  fc.constant(Buffer.from('\r\n')),
  fc.constant(Buffer.from('OPTIONS rtsp://127.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n')),
)

describe('the RTSP reader', () => {
  it('finds the same messages and frames however the bytes are split', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 90 })), (parts, cuts) => {
        const whole = Buffer.concat(parts)
        const pieces: Buffer[] = []
        for (let at = 0, i = 0; at < whole.length; i++) {
          const bytes = cuts.length === 0 ? 1 : (cuts[i % cuts.length] ?? 1)
          pieces.push(whole.subarray(at, at + bytes))
          at += bytes
        }
        assert.deepEqual(read(pieces), read([whole]))
        assert.equal(read([whole]).length, parts.filter((bytes) => bytes.length > 2).length)
      }),
      { seed: SEED, numRuns: 300 },
    )
  })

  it('keeps both values of a header that comes twice', () => {
    const [[, headers]] = read([message('')]) as [[number, [string, string[]][]]]
    assert.deepEqual(new Map(headers).get('www-authenticate'), ['a', 'b'])
  })

  it('refuses a head or a body without end', () => {
    assert.throws(() => read([Buffer.from('RTSP/1.0 200 OK\r\nX: '), Buffer.alloc(600, 65)]), { kind: 'limit' })
    assert.throws(() => read([Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: 99999\r\n\r\n')]), { kind: 'limit' })
  })

  it('refuses what is not RTSP', () => {
    assert.throws(() => read([Buffer.from('HTTP/1.1 200 OK\r\n\r\n')]), { kind: 'invalid' })
    assert.throws(() => read([Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n')]), { kind: 'invalid' })
  })
})
