export interface SimulatedFacts {
  readonly id: string
  readonly address: string
  readonly httpPort: number
  readonly rtspPort: number
  readonly model: string
  readonly serial: string
  readonly firmware: string
  readonly macs: readonly string[]
  readonly channels: number
  /** RTSP connections and snapshot requests since the start. */
  readonly mediaConnections: number
}

/** What the simulator's journal holds of one camera, as far as tests read it. `at`: UTC ms. */
export interface SimulatedEntry {
  readonly at: number
  readonly kind: 'connection' | 'request' | 'event'
  readonly protocol?: 'discovery' | 'http' | 'rtsp'
  readonly operation?: string
  readonly status?: number
  readonly credential?: 'none' | 'accepted' | 'refused'
  readonly event?: string
  readonly outcome?: 'accepted' | 'refused'
  readonly active?: boolean
  readonly channel?: number
}

export interface SimulatedJournal {
  readonly counts: {
    readonly rtspConnections: number
    readonly snapshotRequests: number
    readonly refusedCredentials: number
  }
  /** The last 1,000, oldest first. */
  readonly entries: readonly SimulatedEntry[]
}

/** A running simulator, asked over its control API: what did its cameras' clients do? */
export class SimulatorControl {
  readonly #base: string

  constructor(base: string) {
    this.#base = base
  }

  async cameras(): Promise<SimulatedFacts[]> {
    return await this.#ask('GET', '/cameras')
  }

  async journal(camera: string): Promise<SimulatedJournal> {
    return await this.#ask('GET', `/cameras/${camera}/journal`)
  }

  /** RTSP connections and snapshot requests of all cameras since the start. */
  async mediaConnections(): Promise<number> {
    return (await this.cameras()).reduce((sum, camera) => sum + camera.mediaConnections, 0)
  }

  async raise(camera: string, kind: string, channel = 1): Promise<void> {
    await this.#ask('POST', `/cameras/${camera}/events`, { kind, channel })
  }

  /** Cuts its power, without a Bye. */
  async switchOff(camera: string): Promise<void> {
    await this.#ask('POST', `/cameras/${camera}/stop`)
  }

  async setFault(camera: string, name: string, value?: number): Promise<void> {
    await this.#ask('PUT', `/cameras/${camera}/faults/${name}`, value === undefined ? {} : { value })
  }

  async clearFault(camera: string, name: string): Promise<void> {
    await this.#ask('DELETE', `/cameras/${camera}/faults/${name}`)
  }

  async #ask<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      signal: AbortSignal.timeout(5000),
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`The simulator answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }
}
