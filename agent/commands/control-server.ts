import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { describeError, LenscapError } from '../base/errors.ts'
import { type ControlAnswer, ControlRequest } from './control.ts'

export interface ControlServerOptions {
  readonly path: string
  /** Yields the answer, line by line, until it is over or the signal fires: the asker has gone. */
  readonly answer: (request: ControlRequest, signal: AbortSignal) => AsyncIterable<ControlAnswer>
}

const REQUEST_BYTES_MAX = 4096
const ASKERS_MAX = 16
/** A command that does not read what it asked for is let go. */
const UNREAD_BYTES_MAX = 1024 * 1024
const REQUEST_TIMEOUT_MS = 5000

/** Answers the other commands of this box. @throws LenscapError `storage` where the socket can't be made */
export async function serveControl({ path, answer }: ControlServerOptions): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}))
    void converse(socket, answer)
  })
  server.maxConnections = ASKERS_MAX
  // What a killed agent left; the state folder's lock says that it is nobody's.
  rmSync(path, { force: true })
  server.listen(path)
  await once(server, 'listening').catch((cause: unknown) => {
    const advice = 'a shorter stateDir may help: a socket has at most 107 letters'
    throw new LenscapError('storage', `Commands can't reach this agent at ${path}: ${advice}`, {}, cause)
  })
  chmodSync(path, 0o600)
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function converse(socket: Socket, answer: ControlServerOptions['answer']): Promise<void> {
  const gone = new AbortController()
  socket.on('close', () => gone.abort())
  const say = (line: ControlAnswer) => {
    socket.write(`${JSON.stringify(line)}\n`)
    if (socket.writableLength > UNREAD_BYTES_MAX) socket.destroy()
  }
  try {
    socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy())
    const request = ControlRequest.parse(JSON.parse(await firstLine(socket)))
    socket.setTimeout(0)
    for await (const line of answer(request, gone.signal)) say(line)
  } catch (error) {
    const isJunk = error instanceof SyntaxError || (error instanceof Error && error.name === 'ZodError')
    if (!gone.signal.aborted) say({ error: isJunk ? 'This agent does not know that question' : describeError(error) })
  }
  socket.end()
}

async function firstLine(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.includes('\n')) break
    if (text.length > REQUEST_BYTES_MAX) throw new SyntaxError('too long')
  }
  // Read on, so that the asker's going is noticed.
  socket.resume()
  return text
}
