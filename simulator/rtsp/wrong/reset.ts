import type { Socket } from 'node:net'

/** Resets a connection. One that is ending already is only closed: a reset fails then, and would leave it open for ever. */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
