import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, it, test } from 'node:test'
import fc from 'fast-check'
import { NoHttp, ReplyReader } from './http-reply.ts'

/** Reads a reply that comes in pieces of these lengths, the last of them repeated; then the connection ends. */
function read(reply: string | Buffer, lengths: readonly number[] = [Number.POSITIVE_INFINITY]) {
  const bytes = Buffer.from(reply)
  const reader = new ReplyReader()
  for (let at = 0, i = 0; at < bytes.length && !reader.isWhole; i += 1) {
    const length = lengths[Math.min(i, lengths.length - 1)] ?? bytes.length
    reader.push(bytes.subarray(at, Math.min(bytes.length, at + length)))
    at += length
  }
  reader.end()
  return reader
}

const seen = (reader: ReplyReader) => ({
  status: reader.head?.status,
  type: reader.head?.headers['content-type'],
  challenges: reader.head?.challenges,
  body: reader.body.toString('latin1'),
  isWhole: reader.isWhole,
})

/** The same as Node's own client sees it. */
async function seenByNode(reply: Buffer): Promise<ReturnType<typeof seen>> {
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(reply)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const asked = request({ host: '127.0.0.1', port, agent: false, insecureHTTPParser: true }).end()
    const [response] = await once(asked, 'response')
    const body = (await buffer(response)).toString('latin1')
    const challenges = response.headersDistinct['www-authenticate'] ?? []
    return {
      status: response.statusCode,
      type: response.headers['content-type'],
      challenges,
      body,
      isWhole: response.complete,
    }
  } finally {
    server.close()
  }
}

const head = (...lines: readonly string[]) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')

/** Bodies with what could be taken for something else. */
const bodies = fc
  .array(fc.constantFrom('x', '\r\n', '\n\n', '0\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n', 'ü', '</s:Envelope>'), {
    maxLength: 12,
  })
  .map((parts) => Buffer.from(parts.join('')))

/** The body in a frame, and the header that says so. */
const framed = fc
  .tuple(bodies, fc.constantFrom('length', 'chunks', 'connection'), fc.integer({ min: 1, max: 9 }))
  .map(([body, framing, step]): [string[], Buffer] => {
    if (framing === 'length') return [[`Content-Length: ${body.length}`], body]
    if (framing === 'connection') return [[], body]
    const chunks: Buffer[] = []
    for (let at = 0; at < body.length; at += step) {
      const part = body.subarray(at, at + step)
      chunks.push(Buffer.from(`${part.length.toString(16)}${step % 2 ? ';a=b' : ''}\r\n`), part, Buffer.from('\r\n'))
    }
    return [['Transfer-Encoding: chunked'], Buffer.concat([...chunks, Buffer.from('0\r\nTrailer: x\r\n\r\n')])]
  })

const replies = fc
  .record({
    interim: fc.integer({ min: 0, max: 2 }),
    status: fc.constantFrom('200 OK', '401 Unauthorized', '400', '503 Service  Unavailable'),
    others: fc.subarray([
      'Server: x',
      'Content-Type: a/b; c="d"',
      'WWW-Authenticate: Digest realm="ü", nonce="n"',
      'WWW-Authenticate: Basic',
      'X:',
    ]),
    framed,
  })
  .map(({ interim, status, others, framed: [lines, body] }) =>
    Buffer.concat([
      ...Array.from({ length: interim }, () => head('HTTP/1.1 100 Continue')),
      head(`HTTP/1.1 ${status}`, ...others, ...lines),
      body,
    ]),
  )

test("a reply says the same as to Node's client, in whatever pieces it comes", async () => {
  await fc.assert(
    fc.asyncProperty(replies, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), async (reply, lengths) => {
      const whole = seen(read(reply))
      assert.deepEqual(whole, await seenByNode(reply))
      assert.deepEqual(seen(read(reply, lengths)), whole)
    }),
    { numRuns: 150, seed: 20_261_123 },
  )
})

describe('a reply', () => {
  it('is read from devices that write no carriage returns, fold headers, or begin with blank lines', () => {
    const reader = read(
      '\r\n\nHTTP/1.0 401 No\nWWW-Authenticate: Digest realm="a",\n\tnonce="b"\nContent-Length: 2\n\nhi',
    )
    assert.deepEqual([reader.head?.challenges, reader.body.toString()], [['Digest realm="a", nonce="b"'], 'hi'])
  })

  for (const [what, reply] of [
    ['a status line of its own making', 'HTTP OK, more or less\r\n\r\n'],
    ['a page without a head', '<html></html>'],
    ['RTSP', 'RTSP/1.0 200 OK\r\n\r\n'],
    ['a head of 64 KB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(65_536)}`],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['chunks that do not fit', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxxxxxxx\r\n'],
    ['a chunk without a length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n'],
    ['another protocol from now on', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ] as const) {
    it(`is none where it is ${what}`, () => {
      assert.throws(() => read(reply), NoHttp)
      assert.throws(() => read(reply, [1]), NoHttp)
    })
  }

  for (const [what, reply, may] of [
    ['a whole one', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx', true],
    ['a chunked one', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n', true],
    ['one of HTTP/1.0 that says so', 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx', true],
    ['one of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', false],
    ['one that closes', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx', false],
    ['one that ends with the connection', 'HTTP/1.1 200 OK\r\n\r\nx', false],
    ['one that is cut short', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx', false],
    ['one that comes twice', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK', false],
  ] as const) {
    it(`${may ? 'may' : 'must not'} be followed by another on the same connection: ${what}`, () => {
      assert.equal(read(reply).mayGoOn, may)
    })
  }
})
