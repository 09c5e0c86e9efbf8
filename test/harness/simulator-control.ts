export interface SimulatedFacts {
  readonly id: string
  readonly address: string
  readonly model: string
  readonly serial: string
  readonly firmware: string
  readonly macs: readonly string[]
  /** RTSP connections and snapshot requests since the start. */
  readonly mediaConnections: number
}

/** A running simulator, asked over its control API: what did its cameras' clients do? */
export class SimulatorControl {
  readonly #base: string

  constructor(base: string) {
    this.#base = base
  }

  async cameras(): Promise<SimulatedFacts[]> {
    return await this.#get('/cameras')
  }

  /** RTSP connections and snapshot requests of all cameras since the start. */
  async mediaConnections(): Promise<number> {
    return (await this.cameras()).reduce((sum, camera) => sum + camera.mediaConnections, 0)
  }

  async raise(camera: string, kind: string): Promise<void> {
    const response = await fetch(`${this.#base}/cameras/${camera}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind }),
      signal: AbortSignal.timeout(5000),
    })
    if (!response.ok) throw new Error(`The simulator answered ${response.status}: ${await response.text()}`)
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#base}${path}`, { signal: AbortSignal.timeout(5000) })
    if (!response.ok) throw new Error(`The simulator answered ${response.status}`)
    return (await response.json()) as T
  }
}
