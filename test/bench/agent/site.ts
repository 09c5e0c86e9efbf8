import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Owner } from '../../demo/owner.ts'
import { Program } from '../../demo/program.ts'
import { programPath } from '../../harness/command.ts'
import { freePorts } from '../../harness/ports.ts'
import { until } from '../../harness/until.ts'
import { DISCOVERY_PORT } from '../simulator/start.ts'
import { PASSWORD, startCameras, USER } from './cameras.ts'
import { Wire } from './wire.ts'

const START_MS = 60_000
const READ_MS = 120_000

/** Simulated cameras, a bridge with its owner, and the wire to its broker; agents come and go. */
export class Site implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'lenscap-bench-'))
  readonly #stack = new AsyncDisposableStack()
  readonly #owner: Owner
  readonly #cameras: number
  readonly wire: Wire
  readonly mqttPort: number

  private constructor(owner: Owner, cameras: number, wire: Wire, mqttPort: number) {
    this.#owner = owner
    this.#cameras = cameras
    this.wire = wire
    this.mqttPort = mqttPort
  }

  static async open(cameras: number): Promise<Site> {
    const [http = 0, mqtt = 0] = await freePorts(2)
    const owner = new Owner(`http://127.0.0.1:${http}`)
    const wire = await Wire.before(mqtt)
    const site = new Site(owner, cameras, wire, mqtt)
    site.#stack.use(wire)
    try {
      site.#stack.use(await startCameras(cameras))
      await site.#startBridge(http, mqtt)
      writeFileSync(join(site.folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 })
      writeFileSync(site.config, site.#configOf(`http://127.0.0.1:${http}`))
      return site
    } catch (error) {
      await site[Symbol.asyncDispose]()
      throw error
    }
  }

  get config(): string {
    return join(this.folder, 'agent.yaml')
  }

  get stateDir(): string {
    return join(this.folder, 'agent')
  }

  /** An agent, as a user would start it, claimed where it is new; resolves when it has told of every camera. */
  async startAgent(): Promise<Program> {
    const name = 'lenscap-agent'
    const args = ['run', '--config', this.config, '--json']
    const agent = new Program({ name, executable: programPath(name), args, logPath: join(this.folder, 'agent.log') })
    this.#stack.defer(async () => void (await agent.stop()))
    const line = await agent.line(({ event }) => event === 'claim' || event === 'ready', START_MS)
    if (line['event'] === 'claim') await this.#owner.takeClaim(String(line['userCode']))
    await agent.line(({ event }) => event === 'ready', START_MS)
    await until('every camera is told', async () => (await this.#camerasTold()) >= this.#cameras, READ_MS)
    return agent
  }

  async #camerasTold(): Promise<number> {
    return (await this.#owner.overview()).cameras.filter(({ health }) => health !== null).length
  }

  async #startBridge(http: number, mqtt: number): Promise<void> {
    const name = 'lenscap-bridge'
    const bridge = new Program({
      name,
      executable: programPath(name),
      args: [
        ...['run', '--data', join(this.folder, 'bridge'), '--host', '127.0.0.1', '--json'],
        ...['--http-port', String(http), '--mqtt-port', String(mqtt)],
      ],
      logPath: join(this.folder, 'bridge.log'),
    })
    this.#stack.defer(async () => void (await bridge.stop()))
    const { setupToken } = await bridge.line(({ event }) => event === 'ready', START_MS)
    const account = { name: 'Bench', email: 'owner@example.org', username: 'owner', password: 'a long enough password' }
    await this.#owner.setUp({ token: String(setupToken), ...account })
  }

  /** All but the places is as it comes; nothing is sent beyond the loopback. */
  #configOf(bridge: string): string {
    return `bridge: ${bridge}
stateDir: ${this.stateDir}
credentials:
  - username: ${USER}
    passwordFile: ${join(this.folder, 'password')}
discovery:
  interfaces: [lo]
  only: [127.80.0.0/24]
  port: ${DISCOVERY_PORT}
mqtt:
  url: mqtt://127.0.0.1:${this.wire.port}
`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
