import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialled, disguises, flowsIn, occurrences, strangers, uploadsIn } from './findings.ts'
import { type Packet, packetsIn } from './packets.ts'

const CANARY = Buffer.from('7c1d6a529e3b4f80b6d42a5f3c8e91d7', 'hex')

/** A piece of one conversation from the box to the bridge. */
const piece = (seq: number, payload: Buffer | string, over: Partial<Packet> = {}): Packet => {
  const ends = { from: '10.0.0.2', to: '10.0.0.1', fromPort: 40_000, toPort: 80, protocol: 'tcp' as const }
  return { ...ends, seq: seq >>> 0, syn: false, payload: Buffer.from(payload), ...over }
}
const seen = (packets: Packet[]) => occurrences(flowsIn(packets), disguises(CANARY))

/** What tcpdump would write of one frame: 192.0.2.7:40000 to 198.51.100.9:443, "hello". */
function captureFile(cutTo?: number): Buffer {
  const tcp = Buffer.alloc(20 + 5)
  tcp.writeUInt16BE(40_000, 0)
  tcp.writeUInt16BE(443, 2)
  tcp.writeUInt32BE(77, 4)
  tcp[12] = 5 << 4
  tcp.write('hello', 20)
  const ip = Buffer.alloc(20)
  ip[0] = 0x45
  ip.writeUInt16BE(ip.length + tcp.length, 2)
  ip[9] = 6
  Buffer.from([192, 0, 2, 7, 198, 51, 100, 9]).copy(ip, 12)
  const ethernet = Buffer.from('0200000000010200000000020800', 'hex')
  const frame = Buffer.concat([ethernet, ip, tcp, Buffer.alloc(3)])
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4)
  header.writeUInt32LE(1, 20)
  const record = Buffer.alloc(16)
  record.writeUInt32LE(cutTo ?? frame.length, 8)
  record.writeUInt32LE(frame.length, 12)
  return Buffer.concat([header, record, frame.subarray(0, cutTo)])
}

describe('a capture', () => {
  it('is read to its addresses, ports and bytes, without padding', () => {
    const [packet] = packetsIn(captureFile())
    assert.deepEqual(
      { ...packet, payload: String(packet?.payload) },
      {
        ...{ from: '192.0.2.7', to: '198.51.100.9', protocol: 'tcp', fromPort: 40_000, toPort: 443 },
        ...{ seq: 77, syn: false, payload: 'hello' },
      },
    )
  })

  it('that was cut short is no proof', () => {
    assert.throws(() => packetsIn(captureFile(40)), /cut packets/)
    assert.throws(() => packetsIn(Buffer.alloc(40)), /no capture/)
  })
})

describe('the canary', () => {
  it('is found across pieces, out of order, sent twice, and where the numbers go round', () => {
    const [head, tail] = [CANARY.subarray(0, 5), CANARY.subarray(5)]
    assert.equal(seen([piece(2 ** 32 - 5, head), piece(0, tail)]), 1)
    assert.equal(seen([piece(100, 'begin'), piece(110, tail), piece(105, head), piece(105, head)]), 1)
    assert.equal(seen([piece(100, head), piece(105, tail, { fromPort: 40_001 })]), 0, 'two conversations')
    assert.equal(seen([piece(9, head), piece(1, '', { syn: true }), piece(14, tail)]), 0, 'a port used again')
  })

  it('is found in base64 wherever it begins, in base64url, in hexadecimal, and in a datagram', () => {
    for (const before of ['', 'a', 'ab', 'abc']) {
      const hidden = Buffer.concat([Buffer.from(before), CANARY, Buffer.from('after')])
      assert.equal(seen([piece(1, hidden.toString('base64'))]), 1)
      assert.equal(seen([piece(1, hidden.toString('base64url'))]), 1)
      assert.equal(seen([piece(1, hidden.toString('hex'))]), 1)
      assert.equal(seen([piece(0, hidden, { protocol: 'udp' })]), 1)
    }
    assert.equal(seen([piece(1, 'nothing of the kind')]), 0)
  })
})

it('uploads are told by their lengths, whatever is in them, in however many requests', () => {
  const patch = (path: string, body: string) =>
    `PATCH ${path} HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const found = uploadsIn(
    flowsIn([piece(1, patch('/u/a', 'x'.repeat(700)) + patch('/u/b', 'yy') + patch('/u/a', 'z'))]),
  )
  assert.deepEqual(found, [701, 2])
})

it('whoever is not expected is a stranger, by whatever protocol and from whatever address of the house', () => {
  const packets = [
    piece(1, ''),
    piece(1, '', { toPort: 81 }),
    piece(0, '', { protocol: 'udp', to: '192.0.2.53' }),
    piece(0, '', { protocol: 'udp', from: '127.60.0.11', to: '10.0.0.9' }),
    piece(0, '', { from: '10.0.0.1', to: '10.0.0.2' }),
  ]
  const expected = [
    ['10.0.0.1:81', 1],
    ['udp 192.0.2.53', 1],
    ['udp 10.0.0.9', 1],
  ]
  assert.deepEqual([...strangers(packets, '10.0.0.1', ['10.0.0.1:80'])], expected)
})

it('a connection that is begun is seen, though nothing is said on it', () => {
  const begun = piece(1, '', { syn: true })
  assert.equal(dialled([begun, piece(2, 'x'), piece(1, '', { syn: true, from: '10.0.0.1' })], '10.0.0.1', 80), 1)
  assert.equal(dialled([begun], '10.0.0.1', 81), 0)
})
