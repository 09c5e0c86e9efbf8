import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The far end of a WebSocket (RFC 6455) with binary messages, as a byte stream: enough of it for a broker in a test. */
export function acceptWebSocket({ headers }: IncomingMessage, socket: Duplex): Duplex {
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${MAGIC}`).digest('base64')
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  lines.push(`Sec-WebSocket-Accept: ${accept}`, 'Sec-WebSocket-Protocol: mqtt', '', '')
  socket.write(lines.join('\r\n'))
  let bytes = Buffer.alloc(0)
  const stream = new Duplex({
    read() {},
    write: (chunk: Buffer, _, done) => socket.write(frameOf(chunk), () => done()),
    final: (done) => socket.end(done),
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    for (let frame = readFrame(bytes); frame; frame = readFrame(bytes)) {
      bytes = bytes.subarray(frame.end)
      if (frame.opcode === 2) stream.push(frame.payload)
      else if (frame.opcode === 8) socket.end()
    }
  })
  socket.on('error', () => {})
  socket.on('close', () => stream.destroy())
  return stream
}

function frameOf(payload: Buffer): Buffer {
  const head = payload.length < 126 ? Buffer.from([0x82, payload.length]) : Buffer.alloc(4)
  if (payload.length >= 126) {
    head.writeUInt16BE(0x827e, 0)
    head.writeUInt16BE(payload.length, 2)
  }
  return Buffer.concat([head, payload])
}

/** One whole frame, unmasked (RFC 6455, 5.2); undefined while bytes are missing. */
function readFrame(bytes: Buffer) {
  if (bytes.length < 2) return undefined
  const short = (bytes[1] ?? 0) & 127
  const start = short === 126 ? 4 : 2
  if (bytes.length < start + 4) return undefined
  const length = short === 126 ? bytes.readUInt16BE(2) : short
  const end = start + 4 + length
  if (bytes.length < end) return undefined
  const mask = bytes.subarray(start, start + 4)
  const payload = Buffer.from(bytes.subarray(start + 4, end)).map((byte, i) => byte ^ (mask[i % 4] ?? 0))
  return { opcode: (bytes[0] ?? 0) & 15, payload: Buffer.from(payload), end }
}
