import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { DemoOptions } from '../demo/options.ts'
import { freeNet, freePorts } from '../harness/ports.ts'
import { SimulatorControl } from '../harness/simulator-control.ts'
import { until } from '../harness/until.ts'

export type DemoPlace = DemoOptions

/** A place for a demo that no other test uses: ports, addresses and folder of its own. */
export async function demoPlace(): Promise<DemoPlace> {
  const [httpPort = 0, mqttPort = 0, controlPort = 0, discoveryPort = 0] = await freePorts(4)
  const stateDir = mkdtempSync(join(tmpdir(), 'lenscap-demo-'))
  return { httpPort, mqttPort, controlPort, discoveryPort, address: freeNet(), stateDir }
}

/** `make demo`'s own program, as somebody would run it, without a terminal. */
export class RunningDemo {
  readonly place: DemoPlace
  readonly simulator: SimulatorControl
  readonly startedMs = performance.now()
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  #output = ''

  constructor(place: DemoPlace) {
    this.place = place
    this.simulator = new SimulatorControl(`http://127.0.0.1:${place.controlPort}`)
    const options = [
      ...['--http-port', place.httpPort, '--mqtt-port', place.mqttPort, '--control-port', place.controlPort],
      ...['--discovery-port', place.discoveryPort, '--address', place.address, '--state', place.stateDir],
    ].map(String)
    this.#child = spawn(process.execPath, [join(import.meta.dirname, '../demo/main.ts'), ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#ended = new Promise((resolve) => this.#child.once('exit', resolve))
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => (this.#output += `${line}\n`))
    }
  }

  get output(): string {
    return this.#output
  }

  get ended(): Promise<number | null> {
    return this.#ended
  }

  /** The address and login that the demo prints. */
  async login(): Promise<{ url: string; username: string; password: string }> {
    return await until(
      'the demo prints its login',
      () => {
        const found = /Console (\S+)\nLogin {3}(\S+) \/ (\S+)/.exec(this.#output)
        if (this.#child.exitCode !== null) throw new Error(`The demo ended:\n${this.#output}`)
        return found ? { url: found[1] ?? '', username: found[2] ?? '', password: found[3] ?? '' } : undefined
      },
      30_000,
    )
  }

  /** Ctrl-C; gives the exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null) this.#child.kill('SIGINT')
    return await this.#ended
  }
}
