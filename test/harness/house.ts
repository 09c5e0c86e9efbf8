import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rangeAround } from '../demo/options.ts'
import { Owner } from '../demo/owner.ts'
import { Program } from '../demo/program.ts'
import { Box, killHard, readRows } from './box.ts'
import { programPath } from './command.ts'
import { CountingProxy } from './counting-proxy.ts'
import { freeNet, freePorts } from './ports.ts'
import { SimulatorControl } from './simulator-control.ts'
import { until } from './until.ts'

const START_MS = 30_000

export interface HouseOptions {
  readonly profiles: readonly string[]
  readonly owner?: { readonly username: string; readonly password: string }
  /** The test's: a test that runs out of time must not leave its programs behind. */
  readonly signal: AbortSignal
}

/** A simulator, a bridge and its owner, and boxes with agents: the real programs, in a folder and on ports of their own. */
export class House implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'lenscap-house-'))
  readonly cameraPassword = 'Kamera-pa55word-0815'
  readonly login: { readonly username: string; readonly password: string }
  readonly boxes: Box[] = []
  /** Every line of JSON that bridge and agents printed, by program. */
  readonly said: { readonly program: string; readonly line: unknown }[] = []
  readonly #options: HouseOptions
  /** The first camera's. */
  readonly #address = freeNet()
  readonly #stack = new AsyncDisposableStack()
  #ports = { http: 0, mqtt: 0, control: 0, discovery: 0 }
  #simulator: Program | undefined
  #bridge: Program | undefined
  #bridgeStarts = 0
  #owner: Owner | undefined
  #proxy: CountingProxy | undefined

  private constructor(options: HouseOptions) {
    this.#options = options
    this.login = options.owner ?? { username: 'owner', password: 'a long enough password' }
  }

  /** Simulator and bridge run and the owner is signed in; boxes come with `move`. */
  static async build(options: HouseOptions): Promise<House> {
    const house = new House(options)
    options.signal.addEventListener('abort', () => void house[Symbol.asyncDispose](), { once: true })
    try {
      const [http = 0, mqtt = 0, control = 0, discovery = 0] = await freePorts(4)
      house.#ports = { http, mqtt, control, discovery }
      await Promise.all([house.#startSimulator(), house.startBridge()])
      house.#proxy = house.#stack.use(await CountingProxy.start(house.url))
      return house
    } catch (error) {
      await house[Symbol.asyncDispose]()
      throw error
    }
  }

  get simulator(): SimulatorControl {
    return new SimulatorControl(`http://127.0.0.1:${this.#ports.control}`)
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports.http}`
  }

  get ports(): Readonly<{ http: number; mqtt: number; control: number; discovery: number }> {
    return this.#ports
  }

  get pids(): Readonly<Record<'simulator' | 'bridge', number | undefined>> {
    return { simulator: this.#simulator?.pid, bridge: this.#bridge?.pid }
  }

  get passwordFile(): string {
    return join(this.folder, 'camera-password')
  }

  get bridgeFolder(): string {
    return join(this.folder, 'bridge')
  }

  /** The person who owns the account, in front of the console. */
  get owner(): Owner {
    if (!this.#owner) throw new Error('The bridge has not started yet')
    return this.#owner
  }

  /** Requests that boxes sent to the bridge's HTTP port: `METHOD path`. */
  get requests(): readonly string[] {
    return this.#proxy?.seen ?? []
  }

  /** A box of its own, claimed by the owner, whose agent runs. */
  async move(name: string, passwordFile = this.passwordFile): Promise<Box> {
    const box = new Box({
      name,
      folder: this.folder,
      bridgeUrl: this.#proxy?.url ?? this.url,
      ranges: [rangeAround(this.#address)],
      discoveryPort: this.#ports.discovery,
      passwordFile,
      onLine: (line) => this.said.push({ program: name, line }),
    })
    this.boxes.push(box)
    await box.start(this.owner)
    return box
  }

  /** Every camera of the box, as soon as the console shows so many. */
  async cameras(count: number, timeoutMs = 20_000) {
    return await until(
      `the console shows ${count} cameras`,
      async () => {
        const { cameras } = await this.owner.overview()
        return cameras.length >= count && cameras.every(({ health }) => health !== null) && cameras
      },
      timeoutMs,
    )
  }

  async startBridge(): Promise<void> {
    this.#bridgeStarts += 1
    const bridge = new Program({
      name: 'bridge',
      executable: programPath('lenscap-bridge'),
      args: [
        ...['run', '--data', this.bridgeFolder, '--host', '127.0.0.1', '--log-level', 'debug', '--json'],
        ...['--http-port', String(this.#ports.http), '--mqtt-port', String(this.#ports.mqtt)],
      ],
      logPath: join(this.folder, `bridge-${this.#bridgeStarts}.log`),
      onLine: (line) => this.said.push({ program: 'bridge', line }),
    })
    this.#bridge = bridge
    const { setupToken } = await bridge.line(({ event }) => event === 'ready', START_MS)
    if (typeof setupToken !== 'string') return
    this.#owner = new Owner(this.url)
    await this.#owner.setUp({ token: setupToken, name: 'House', email: 'owner@example.org', ...this.login })
  }

  /** As a power cut would. */
  async killBridge(): Promise<void> {
    await killHard(this.#bridge)
  }

  async stopBridge(timeoutMs?: number): Promise<{ byItself: boolean; exitCode: number | null | undefined }> {
    const byItself = (await this.#bridge?.stop(timeoutMs)) ?? true
    return { byItself, exitCode: this.#bridge?.exitCode }
  }

  async stopSimulator(timeoutMs?: number): Promise<{ byItself: boolean; exitCode: number | null | undefined }> {
    const byItself = (await this.#simulator?.stop(timeoutMs)) ?? true
    return { byItself, exitCode: this.#simulator?.exitCode }
  }

  /** What the bridge has committed. */
  records(sql: string): Record<string, unknown>[] {
    return readRows(join(this.bridgeFolder, 'bridge.db'), sql)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.boxes.map((box) => box.stop(4000)))
    await Promise.all([this.stopBridge(4000), this.stopSimulator(4000)])
    await this.#stack.disposeAsync()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #startSimulator(): Promise<void> {
    mkdirSync(this.folder, { recursive: true })
    writeFileSync(this.passwordFile, `${this.cameraPassword}\n`, { mode: 0o600 })
    const { profiles } = this.#options
    const { control, discovery } = this.#ports
    const simulator = new Program({
      name: 'simulator',
      executable: programPath('lenscap-simulator'),
      args: [
        ...['run', '--json', '--event-interval', '0', '--user', 'admin', '--password-file', this.passwordFile],
        ...profiles.flatMap((profile) => ['--profile', profile]),
        ...['--address', this.#address, '--control-port', String(control), '--discovery-port', String(discovery)],
      ],
      logPath: join(this.folder, 'simulator.log'),
    })
    this.#simulator = simulator
    await simulator.line(({ event }) => event === 'ready', START_MS)
  }
}
