import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readFileIfThere, writeFileDurably } from '../../agent/base/files.ts'
import { newId } from '../../agent/base/ids.ts'
import { type DemoOptions, rangeAround } from './options.ts'
import { Owner } from './owner.ts'
import { Program } from './program.ts'
import type { DemoFacts } from './view.ts'

const START_MS = 20_000
const REFRESH_MS = 500
const PROFILES = ['amcrest', 'hikvision', 'reolink', 'axis', 'tapo', 'nvr']

/** What the demo keeps from one start to the next, beside what the programs keep themselves. */
interface Memory {
  readonly username: string
  readonly password: string
  readonly cameraPassword: string
}

/** Simulator, bridge and agent as three processes, and an owner who claims the agent as a real one would. */
export class Demo {
  readonly #root: string
  readonly #options: DemoOptions
  readonly #say: (step: string) => void
  readonly #programs: Program[] = []
  #owner: Owner | undefined
  #memory: Memory | undefined
  #url = ''
  #startedMs = 0
  #sent = { bytes: 0, items: 0 }

  constructor(root: string, options: DemoOptions, say: (step: string) => void) {
    this.#root = root
    this.#options = options
    this.#say = say
  }

  /** @throws Error with the sentence of the program that could not start */
  async start(signal: AbortSignal): Promise<void> {
    this.#startedMs = performance.now()
    const memory = await this.#remember()
    this.#memory = memory
    await this.#startSimulator(memory)
    signal.throwIfAborted()
    const owner = await this.#startBridge(memory)
    this.#owner = owner
    signal.throwIfAborted()
    await this.#startAgent(owner)
  }

  /** Shows what is happening until the signal fires. @throws Error when a program ends by itself */
  async watch(signal: AbortSignal, show: (facts: DemoFacts) => void): Promise<void> {
    const samples: { atMs: number; messages: number }[] = []
    while (!signal.aborted) {
      const overview = await this.#owner?.overview()
      const nowMs = performance.now()
      samples.push({ atMs: nowMs, messages: overview?.totals.messages ?? 0 })
      if (samples.length > 10) samples.shift()
      const [first, last] = [samples[0], samples.at(-1)]
      const seconds = first && last ? (last.atMs - first.atMs) / 1000 : 0
      show({
        url: this.#url,
        username: this.#memory?.username ?? '',
        password: this.#memory?.password ?? '',
        runningMs: nowMs - this.#startedMs,
        nowMs: Date.now(),
        overview,
        messagesPerSecond: first && last && seconds > 0 ? (last.messages - first.messages) / seconds : 0,
        sentBytes: this.#sent.bytes,
        sentItems: this.#sent.items,
      })
      const ended = this.#programs.find((program) => !program.running)
      if (ended) throw new Error(`${ended.name} ended by itself:\n${ended.lastWords}`)
      await sleep(REFRESH_MS, undefined, { signal }).catch(() => {})
    }
  }

  /** Stops everything, the agent first; names those that had to be ended. */
  async stop(): Promise<string[]> {
    const left: string[] = []
    for (const program of this.#programs.toReversed()) {
      if (!(await program.stop())) left.push(program.name)
    }
    return left
  }

  async #startSimulator(memory: Memory): Promise<void> {
    const { address, controlPort, discoveryPort, stateDir } = this.#options
    this.#say('Starting six simulated devices ...')
    const passwordFile = join(stateDir, 'camera-password')
    await writeFileDurably(passwordFile, memory.cameraPassword)
    const simulator = this.#run('lenscap-simulator', [
      'run',
      ...PROFILES.flatMap((profile) => ['--profile', profile]),
      ...['--address', address, '--control-port', String(controlPort), '--discovery-port', String(discoveryPort)],
      ...['--user', 'admin', '--password-file', passwordFile, '--json'],
    ])
    await simulator.line((line) => line['event'] === 'ready', START_MS)
  }

  async #startBridge(memory: Memory): Promise<Owner> {
    const { httpPort, mqttPort, stateDir } = this.#options
    this.#say('Starting the bridge ...')
    const bridge = this.#run('lenscap-bridge', [
      'run',
      ...['--data', join(stateDir, 'bridge'), '--host', '127.0.0.1'],
      ...['--http-port', String(httpPort), '--mqtt-port', String(mqttPort), '--json'],
    ])
    const ready = await bridge.line((line) => line['event'] === 'ready', START_MS)
    this.#url = String(ready['httpUrl'])
    const owner = new Owner(this.#url)
    const { username, password } = memory
    const token = ready['setupToken']
    if (typeof token === 'string') {
      // No account, so whatever this box was claimed to is gone: it begins anew, too.
      await rm(join(stateDir, 'agent'), { recursive: true, force: true })
      await owner.setUp({ token, name: 'Demo', email: 'demo@example.org', username, password })
    } else {
      await owner.signIn(username, password)
    }
    return owner
  }

  async #startAgent(owner: Owner): Promise<void> {
    const { stateDir } = this.#options
    this.#say('Starting the agent ...')
    const config = join(stateDir, 'agent.yaml')
    await writeFileDurably(config, agentConfig(this.#options, this.#url))
    const agent = this.#run('lenscap-agent', ['run', '--config', config, '--json'], (line) => {
      if (line['event'] === 'sent') this.#sent = { bytes: Number(line['bytes']), items: Number(line['items']) }
    })
    const line = await agent.line(({ event }) => event === 'claim' || event === 'ready', START_MS)
    if (line['event'] === 'claim') {
      this.#say(`The agent shows the code ${line['userCode']}; the owner types it in ...`)
      await owner.takeClaim(String(line['userCode']))
      await agent.line(({ event }) => event === 'ready', START_MS)
    }
  }

  #run(name: string, args: string[], onLine?: (line: Readonly<Record<string, unknown>>) => void): Program {
    const executable = join(this.#root, 'build/bin', name)
    const logPath = join(this.#options.stateDir, `${name}.log`)
    const program = new Program({ name, executable, args, logPath, onLine })
    this.#programs.push(program)
    return program
  }

  async #remember(): Promise<Memory> {
    const path = join(this.#options.stateDir, 'demo.json')
    const text = await readFileIfThere(path)
    if (text !== undefined) return JSON.parse(text)
    const memory = { username: 'demo', password: newId(20), cameraPassword: randomBytes(9).toString('base64url') }
    await writeFileDurably(path, JSON.stringify(memory))
    return memory
  }
}

/** What an installer would write; short rolls, so that a clip is there seconds after its event. */
const agentConfig = ({ stateDir, address, discoveryPort }: DemoOptions, bridge: string) => `bridge: ${bridge}
name: Demo box
stateDir: ${join(stateDir, 'agent')}
credentials:
  - username: admin
    passwordFile: ${join(stateDir, 'camera-password')}
discovery:
  interfaces: [lo]
  ranges: [${rangeAround(address)}]
  only: [${rangeAround(address)}]
  port: ${discoveryPort}
  intervalS: 30
media:
  preRollMs: 2000
  postRollMs: 1500
`
