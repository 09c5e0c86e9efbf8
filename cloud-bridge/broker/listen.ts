import type { Server } from 'node:net'
import { LenscapError } from '../../agent/base/errors.ts'

export interface Address {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** The option that changes the port, for the message when it is taken. */
  readonly option: string
}

/** Starts to listen and gives the port. @throws LenscapError `busy` or `refused`, saying which option helps */
export function listen(server: Server, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, address)))
    server.listen(address.port, address.host, () => {
      const bound = server.address()
      resolve(typeof bound === 'object' && bound ? bound.port : address.port)
    })
  })
}

export function explainListenError(error: Error, { host, port, option }: Address): LenscapError {
  const code = 'code' in error ? error.code : undefined
  const facts = { host, port }
  if (code === 'EADDRINUSE') {
    return new LenscapError('busy', `Port ${port} on ${host} is taken: choose another with ${option}`, facts, error)
  }
  if (code === 'EACCES') {
    return new LenscapError(
      'refused',
      `Port ${port} needs more rights: choose one above 1023 with ${option}`,
      facts,
      error,
    )
  }
  return new LenscapError('invalid', `Can't listen on ${host}:${port}: check --host and ${option}`, facts, error)
}
