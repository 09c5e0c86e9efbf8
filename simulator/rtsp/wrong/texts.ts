import type { Socket } from 'node:net'
import type { FaultName } from '../../faults/fault.ts'
import type { FaultSwitches } from '../../faults/switches.ts'

type Rewriting = (text: string) => string

const lengthened = (change: (bytes: number) => number): Rewriting => {
  return (text) => text.replace(/(Content-Length: )(\d+)/, (_, name, bytes) => name + change(Number(bytes)))
}
const inHead = (change: (head: string) => string): Rewriting => {
  return (text) => {
    const end = text.indexOf('\r\n\r\n') + 4
    return change(text.slice(0, end)) + text.slice(end)
  }
}

/** How an answer is written. */
const TEXTS: Partial<Record<FaultName, Rewriting>> = {
  'rtsp-content-length-short': lengthened((bytes) => Math.floor(bytes / 2)),
  'rtsp-content-length-long': lengthened((bytes) => bytes + 1000),
  'rtsp-content-length-missing': (text) => text.replace(/Content-Length: \d+\r\n/, ''),
  'rtsp-cseq-wrong': (text) => text.replace(/(CSeq: )(\d+)/, (_, name, cseq) => name + (Number(cseq) + 1000)),
  'rtsp-headers-odd-case': inHead((head) => head.replace(/^[\w-]+(?=:)/gm, byTurns)),
  'rtsp-lf-only': inHead((head) => head.replaceAll('\r\n', '\n')),
}

function byTurns(name: string): string {
  return [...name].map((letter, i) => (i % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase())).join('')
}

interface Ending {
  readonly method: string
  readonly write: (socket: Socket, text: string) => void
}

/** What is no whole answer. */
const ENDINGS: Partial<Record<FaultName, Ending>> = {
  'rtsp-describe-truncated': {
    method: 'DESCRIBE',
    write: (socket, text) => {
      const body = text.indexOf('\r\n\r\n') + 4
      socket.write(text.slice(0, (body + text.length) / 2))
    },
  },
  'rtsp-describe-endless': {
    method: 'DESCRIBE',
    write: (socket, text) => endless(socket, lengthened(() => ENDLESS_BYTES_MAX)(text)),
  },
  'rtsp-teardown-closes': { method: 'TEARDOWN', write: (socket) => void socket.end() },
}

/** Nothing is really endless. */
const ENDLESS_BYTES_MAX = 1024 ** 3
const CHUNK = 'a=x-camera:more of the same\r\n'.repeat(500)

function endless(socket: Socket, start: string): void {
  let sentBytes = 0
  const more = () => {
    while (sentBytes < ENDLESS_BYTES_MAX && !socket.destroyed) {
      sentBytes += CHUNK.length
      if (!socket.write(CHUNK)) return
    }
    socket.end()
  }
  socket.on('drain', more)
  socket.write(start)
  more()
}

/**
 * Writes an answer to a request of that method, faults included. Only what was granted is cut or endless.
 * Gives whether the connection may be written to again.
 */
export function writeWrongly(socket: Socket, method: string, text: string, faults: FaultSwitches): boolean {
  const told = [...faults.active(TEXTS)].reduce((before, [rewrite]) => rewrite(before), text)
  const endings = [...faults.active(ENDINGS)].filter(([ending]) => ending.method === method)
  const [ending] = endings[0] ?? []
  if (!ending || !text.startsWith('RTSP/1.0 200')) {
    socket.write(told)
    return true
  }
  ending.write(socket, told)
  return false
}
