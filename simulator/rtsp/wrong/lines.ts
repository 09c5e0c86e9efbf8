import type { Socket } from 'node:net'
import type { FaultName } from '../../faults/fault.ts'
import { reset } from '../../faults/reset.ts'
import type { FaultSwitches } from '../../faults/switches.ts'
import type { RtspSession } from '../session.ts'
import type { Outlet } from './outlet.ts'

/** A connection that plays. */
interface Line {
  readonly socket: Socket
  readonly outlet: Outlet
  readonly session: RtspSession
  readonly playedMs: number
  /** How often the client was asked something. */
  asked: number
}

/** Gives whether it is over with this connection. */
type LineRule = (line: Line, seconds: number) => boolean

const once = (run: (line: Line) => void): LineRule => {
  return (line, seconds) => {
    if (line.playedMs < seconds * 1000) return false
    run(line)
    return true
  }
}
const EVERY_S_MIN = 0.1
const asking = (method: string, body: string): LineRule => {
  return (line, seconds) => {
    const due = Math.floor(line.playedMs / 1000 / Math.max(EVERY_S_MIN, seconds))
    if (line.asked >= due) return false
    line.asked = due
    const { path } = line.session.stream
    const length = body && `Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n`
    line.outlet.text(
      method,
      `${method} rtsp://camera${path} RTSP/1.0\r\nCSeq: ${due}\r\nSession: ${line.session.id}\r\n${length}\r\n${body}`,
    )
    return false
  }
}

const FRAME_BYTES = 1400
const NEWS = 'v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=Media Presentation\r\nt=0 0\r\n'

/** What happens to a connection while it plays. */
const LINES: Partial<Record<FaultName, LineRule>> = {
  'rtsp-cut-after': once(({ socket }) => void socket.end()),
  'rtsp-reset-mid-frame': once(({ socket, outlet }) => {
    outlet.shut()
    const begun = Buffer.from([0x24, 0, FRAME_BYTES >> 8, FRAME_BYTES & 0xff, 0x80, 0x60])
    socket.write(begun, () => reset(socket))
  }),
  'rtsp-goes-silent': once(({ outlet }) => outlet.shut()),
  'rtsp-asks-options': asking('OPTIONS', ''),
  'rtsp-asks-announce': asking('ANNOUNCE', NEWS),
}

/** How one connection goes on while its session plays. */
export class WrongLine {
  readonly #socket: Socket
  readonly #outlet: Outlet
  readonly #faults: FaultSwitches
  #sinceMs: number | undefined
  #asked = 0
  #isOver = false

  constructor(socket: Socket, outlet: Outlet, faults: FaultSwitches) {
    this.#socket = socket
    this.#outlet = outlet
    this.#faults = faults
  }

  /** Gives whether nothing more is to be done for this connection. */
  isOver(nowMs: number, session: RtspSession | undefined): boolean {
    if (this.#isOver) return true
    if (!session?.isPlaying) this.#sinceMs = undefined
    else this.#sinceMs ??= nowMs
    if (!session || this.#sinceMs === undefined || this.#faults.isEmpty) return false
    const line = this.#line(session, nowMs - this.#sinceMs)
    for (const [rule, seconds] of this.#faults.active(LINES)) if (rule(line, seconds)) this.#isOver = true
    this.#asked = line.asked
    return this.#isOver
  }

  #line(session: RtspSession, playedMs: number): Line {
    return { socket: this.#socket, outlet: this.#outlet, session, playedMs, asked: this.#asked }
  }
}
