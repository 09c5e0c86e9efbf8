import type { Socket } from 'node:net'

/**
 * Resets a connection, as many faults do. Only a TCP socket that is whole can be: one that is ending already would stay open
 * for ever, one that is gone would tell an error that nobody hears, and Node throws for one that is not TCP. Those are closed.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded || socket.destroyed || socket.remoteFamily === undefined) socket.destroy()
  else socket.resetAndDestroy()
}
