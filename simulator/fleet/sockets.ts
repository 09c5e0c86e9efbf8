import type { Server } from 'node:net'
import { Responder, type ResponderOptions } from '../discovery/responder.ts'
import { explainBind, Listening } from './listening.ts'

/** Where a camera listens; 0 for any free port. */
export interface Ports {
  readonly http: number
  readonly rtsp: number
  readonly discovery: number
  /** A port of pull points' own, where the brand has one. */
  readonly subscription: number | undefined
}

export interface Voices {
  readonly web: () => Server
  readonly rtsp: () => Server
  readonly discovery: Omit<ResponderOptions, 'address' | 'port'>
}

/** All that a camera listens on, from power on to power off. */
export class CameraSockets implements AsyncDisposable {
  readonly #listening: readonly Listening[]
  readonly responder: Responder
  /** Those that were really taken. */
  readonly ports: Ports

  private constructor(listening: readonly Listening[], responder: Responder, ports: Ports) {
    this.#listening = listening
    this.responder = responder
    this.ports = ports
  }

  /** Throws FleetStartError where an address or port can't be had; nothing stays open then. */
  static async open(address: string, ports: Ports, voices: Voices): Promise<CameraSockets> {
    await using opening = new AsyncDisposableStack()
    const listen = async (server: Server, port: number, option: string) =>
      opening.use(await Listening.start(server, address, port, option))
    const http = await listen(voices.web(), ports.http, '--port or --address')
    const separate =
      ports.subscription === undefined ? undefined : await listen(voices.web(), ports.subscription, '--address')
    const rtsp = await listen(voices.rtsp(), ports.rtsp, '--rtsp-port or --address')
    const responder = opening.use(await announce(address, ports.discovery, voices.discovery))
    opening.move()
    const taken = { http: http.port, rtsp: rtsp.port, discovery: responder.port, subscription: separate?.port }
    return new CameraSockets([http, rtsp, ...(separate ? [separate] : [])], responder, taken)
  }

  cutConnections(): void {
    for (const listening of this.#listening) listening.cutConnections()
  }

  /** Closes all TCP ports, or opens the same ones again; discovery stays. */
  async refuseConnections(isRefusing: boolean): Promise<void> {
    await Promise.all(this.#listening.map((one) => (isRefusing ? one.pause() : one.resume())))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.responder, ...this.#listening].map((part) => part[Symbol.asyncDispose]()))
  }
}

async function announce(address: string, port: number, options: Voices['discovery']): Promise<Responder> {
  try {
    return await Responder.start({ ...options, address, port })
  } catch (cause) {
    throw explainBind(cause, address, port, '--discovery-port or --address')
  }
}
