import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Owner } from '../demo/owner.ts'
import { Program } from '../demo/program.ts'
import { type CommandResult, command, programPath } from './command.ts'

const START_MS = 30_000

interface BoxOptions {
  readonly name: string
  /** Holds the box's configuration, its state folder and its logs. */
  readonly folder: string
  readonly bridgeUrl: string
  readonly ranges: readonly string[]
  readonly discoveryPort: number
  readonly passwordFile: string
  readonly onLine: (line: unknown) => void
}

/** One box: a folder with a configuration, and the agent that runs there now and then. */
export class Box {
  readonly name: string
  readonly config: string
  readonly stateDir: string
  readonly #options: BoxOptions
  #agent: Program | undefined
  #starts = 0

  constructor(options: BoxOptions) {
    this.#options = options
    this.name = options.name
    this.config = join(options.folder, `${options.name}.yaml`)
    this.stateDir = join(options.folder, options.name)
    writeFileSync(this.config, configOf(options, this.stateDir))
  }

  get pid(): number | undefined {
    return this.#agent?.pid
  }

  get running(): boolean {
    return this.#agent?.running === true
  }

  get exitCode(): number | null | undefined {
    return this.#agent?.exitCode
  }

  /** Resolves once the agent says that it is ready, claimed by the owner on the way where it is new. */
  async start(owner: Pick<Owner, 'takeClaim'>): Promise<void> {
    this.#starts += 1
    const { folder, name, onLine } = this.#options
    const agent = new Program({
      name,
      executable: programPath('lenscap-agent'),
      args: ['run', '--config', this.config, '--json'],
      logPath: join(folder, `${name}-${this.#starts}.log`),
      onLine,
    })
    this.#agent = agent
    const line = await agent.line(({ event }) => event === 'claim' || event === 'ready', START_MS)
    if (line['event'] !== 'claim') return
    await owner.takeClaim(String(line['userCode']))
    await agent.line(({ event }) => event === 'ready', START_MS)
  }

  /** True when it ended by itself within the time. */
  async stop(timeoutMs?: number): Promise<boolean> {
    return (await this.#agent?.stop(timeoutMs)) ?? true
  }

  /** As a power cut would: no farewell, nothing flushed. */
  async kill(): Promise<void> {
    await killHard(this.#agent)
  }

  /** Asks the agent's program something on this box, beside the agent that runs. */
  async ask(...args: string[]): Promise<CommandResult> {
    return await command('lenscap-agent', [...args, '--config', this.config])
  }

  /** What one of the box's databases holds. */
  rows(file: 'state' | 'spool' | 'egress', sql: string): Record<string, unknown>[] {
    return readRows(join(this.stateDir, `${file}.db`), sql)
  }

  /** Its id, token and broker, as it keeps them. */
  identity(): { agent: string; account: string; token: string; mqttUrl: string; prefix: string } {
    return JSON.parse(readFileSync(join(this.stateDir, 'identity.json'), 'utf8')).claimed
  }

  /** Sends the box to another broker from its next start on, as one who rules its network might. */
  redirect(mqttUrl: string): void {
    const path = join(this.stateDir, 'identity.json')
    const identity = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...identity, claimed: { ...identity.claimed, mqttUrl } }))
  }

  /** Files of media on the box's disk, finished or not. */
  mediaFiles(): string[] {
    return ['media', 'media-queue'].flatMap((name) => {
      try {
        return readdirSync(join(this.stateDir, name), { recursive: true }).map(String)
      } catch {
        return []
      }
    })
  }
}

/** Reads a program's database beside it, without changing a byte. */
export function readRows(path: string, sql: string): Record<string, unknown>[] {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 })
  try {
    return db.prepare<[], Record<string, unknown>>(sql).all()
  } finally {
    db.close()
  }
}

export async function killHard(program: Program | undefined): Promise<void> {
  if (!program?.running || program.pid === undefined) return
  process.kill(program.pid, 'SIGKILL')
  await program.exited
}

/** Short rolls and a short round, so that what a test waits for comes within seconds. */
const configOf = (
  { name, bridgeUrl, ranges, discoveryPort, passwordFile }: BoxOptions,
  stateDir: string,
) => `bridge: ${bridgeUrl}
name: ${name}
stateDir: ${stateDir}
log: debug
credentials:
  - username: admin
    passwordFile: ${passwordFile}
discovery:
  multicast: false
  ranges: [${ranges.join(', ')}]
  only: [${ranges.join(', ')}]
  port: ${discoveryPort}
  intervalS: 5
media:
  preRollMs: 1000
  postRollMs: 1000
`
