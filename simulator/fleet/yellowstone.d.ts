/** The part of yellowstone, which has no types of its own, that the tests use. */
declare module 'yellowstone' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'

  export class RtspClient extends EventEmitter {
    constructor(user: string, password: string)
    /** Null until it is connected. */
    readonly _client: Socket | null
    readonly _session: string | number | null
    /** Reads what came; throws where it can't be read. */
    _onData(data: Buffer): void
    /** DESCRIBE and SETUP. Gives the codec's name. */
    connect(url: string): Promise<{ readonly format: string }>
    /** Its promise stays open. */
    close(isImmediate?: boolean): Promise<unknown>
    play(): Promise<this>
    request(method: string, headers?: Record<string, unknown>, url?: string): Promise<unknown>
  }
}
