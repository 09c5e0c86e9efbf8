import type { Socket } from 'node:net'
import type { FaultName } from '../../faults/fault.ts'
import { reset } from '../../faults/reset.ts'
import type { FaultSwitches } from '../../faults/switches.ts'
import type { Reply } from '../reply.ts'
import type { ReplyKind } from './replies.ts'

interface Wire {
  readonly reply: Reply
  readonly head: readonly string[]
  readonly value: number
}

/** Writes an answer on the bare socket, and leaves it as it should be left. */
type Writing = (socket: Socket, wire: Wire) => void

const END = '\r\n\r\n'
/** Nothing is really endless. */
const ENDLESS_BYTES_MAX = 1024 ** 3
const CHUNK = Buffer.alloc(16_384, ' ')

const withLength = (bytes: (actual: number) => number): Writing => {
  return (socket, { reply, head }) => {
    const lines = head.filter((line) => !line.startsWith('Content-Length'))
    socket.write(`${[...lines, `Content-Length: ${bytes(reply.body.length)}`].join('\r\n')}${END}`)
    socket.end(reply.body)
  }
}

const WIRES: Partial<Record<FaultName, Writing>> = {
  'connection-reset': reset,
  'accept-silent': () => {},
  trickle: (socket, { reply, head, value }) => {
    const all = Buffer.concat([Buffer.from(head.join('\r\n') + END), reply.body])
    const stepBytes = Math.max(1, Math.round(value / 10))
    drip(
      socket,
      Array.from({ length: Math.ceil(all.length / stepBytes) }, (_, i) =>
        all.subarray(i * stepBytes, (i + 1) * stepBytes),
      ),
      100,
    )
  },
  'slow-headers': (socket, { reply, head, value }) => {
    drip(
      socket,
      [...head.map((line) => Buffer.from(`${line}\r\n`)), Buffer.concat([Buffer.from('\r\n'), reply.body])],
      value,
    )
  },
  'close-mid-body': (socket, { reply, head }) => {
    socket.write(head.join('\r\n') + END)
    socket.write(reply.body.subarray(0, reply.body.length / 2), () => socket.destroy())
  },
  'half-then-silent': (socket, { reply, head }) => {
    socket.write(head.join('\r\n') + END)
    socket.write(reply.body.subarray(0, reply.body.length / 2))
  },
  'no-keep-alive': (socket, { reply, head }) => {
    socket.write(head.filter((line) => !line.startsWith('Connection')).join('\r\n') + END)
    socket.end(reply.body)
  },
  'continue-flood': (socket, { reply, head, value }) => {
    socket.write(`HTTP/1.1 102 Processing${END}`.repeat(Math.min(value, 1000)) + head.join('\r\n') + END)
    socket.end(reply.body)
  },
  'headers-huge': (socket, { reply, head, value }) => {
    socket.write(`${[...head, `X-Padding: ${'x'.repeat(Math.min(value, 4096) * 1024)}`].join('\r\n')}${END}`)
    socket.end(reply.body)
  },
  'status-line-garbage': (socket, { reply, head }) => {
    socket.write(['HTTP OK, more or less', ...head.slice(1)].join('\r\n') + END)
    socket.end(reply.body)
  },
  'two-answers': (socket, { reply, head }) => {
    for (let i = 0; i < 2; i++) {
      socket.write(head.join('\r\n') + END)
      socket.write(reply.body)
    }
    socket.end()
  },
}

const SOAP_WIRES: Partial<Record<FaultName, Writing>> = {
  'content-length-short': withLength((bytes) => Math.floor(bytes / 2)),
  'content-length-long': withLength((bytes) => bytes + 1000),
  'content-length-missing': (socket, { reply, head }) => {
    socket.write(head.filter((line) => !line.startsWith('Content-Length')).join('\r\n') + END)
    socket.end(reply.body)
  },
  'body-endless': (socket, { reply, head }) => endless(socket, head, reply.body),
  'chunks-broken': (socket, { reply, head }) => {
    const lines = head.filter((line) => !line.startsWith('Content-Length'))
    socket.write(
      `${[...lines, 'Transfer-Encoding: chunked'].join('\r\n')}${END}${(reply.body.length + 100).toString(16)}\r\n`,
    )
    socket.end(`${reply.body.toString('utf8')}\r\n0\r\n\r\n`)
  },
}

const SNAPSHOT_WIRES: Partial<Record<FaultName, Writing>> = {
  'snapshot-endless': (socket, { reply, head }) => endless(socket, head, reply.body.subarray(0, -2)),
}

const TABLES = { soap: { ...WIRES, ...SOAP_WIRES }, snapshot: { ...WIRES, ...SNAPSHOT_WIRES }, other: WIRES }

/** Writes the answer itself where a fault says how; says whether it did. */
export function writeWrongly(socket: Socket, reply: Reply, kind: ReplyKind, faults: FaultSwitches): boolean {
  // A refused snapshot is a page already, and no picture.
  const table = kind === 'snapshot' && reply.status !== 200 ? WIRES : TABLES[kind]
  const [first] = faults.active(table)
  if (!first) return false
  const [write, value] = first
  const headers = {
    ...reply.headers,
    'Content-Type': reply.type,
    'Content-Length': String(reply.body.length),
    Connection: 'close',
  }
  const lines = Object.entries(headers).flatMap(([name, one]) => [one].flat().map((each) => `${name}: ${each}`))
  write(socket, { reply, head: [`HTTP/1.1 ${reply.status} ${reply.status < 400 ? 'OK' : 'Error'}`, ...lines], value })
  return true
}

/** Sends the parts one after the other, with a pause between, for as long as anyone listens. */
function drip(socket: Socket, parts: readonly Buffer[], pauseMs: number): void {
  let i = 0
  const next = () => {
    const part = parts[i++]
    if (socket.destroyed) return
    if (part) socket.write(part)
    if (i < parts.length) timer = setTimeout(next, pauseMs)
    else socket.end()
  }
  let timer = setTimeout(next, 0)
  socket.once('close', () => clearTimeout(timer))
}

function endless(socket: Socket, head: readonly string[], start: Buffer): void {
  let sentBytes = 0
  const more = () => {
    while (sentBytes < ENDLESS_BYTES_MAX && !socket.destroyed) {
      sentBytes += CHUNK.length
      if (!socket.write(CHUNK)) return
    }
    socket.end()
  }
  socket.on('drain', more)
  socket.write(head.filter((line) => !line.startsWith('Content-Length')).join('\r\n') + END)
  socket.write(start)
  more()
}
