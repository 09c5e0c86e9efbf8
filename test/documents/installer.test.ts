import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, it, test } from 'node:test'
import { placeFaults } from '../../agent/cli/places.ts'
import { programOf } from '../../agent/cli/program.ts'
import { parseConfig } from '../../agent/config/load.ts'
import { configJsonSchema } from '../../agent/config/schema.ts'
import { rangeAround } from '../demo/options.ts'
import { Owner } from '../demo/owner.ts'
import { Program } from '../demo/program.ts'
import { programPath } from '../harness/command.ts'
import { freeNet, freePorts } from '../harness/ports.ts'
import { Terminal } from '../terminal/terminal.ts'
import { type Block, blocksOf, commandsOf, spansOf } from './document.ts'

const read = (name: string) => readFileSync(join(import.meta.dirname, '../..', name), 'utf8')
const GUIDE = read('docs/installer.md')
const PASSWORD = 'Kamera-pa55word-0815'
const WAIT_MS = 60_000

const agentPart = /lenscap-agent((?: +[^|<>;&"]+)?)/

/** Every use of the agent that the guide names: in blocks, between backquotes, and in the table of commands. */
function usesOf(markdown: string): string[] {
  const blocks = blocksOf(markdown).filter(({ kind }) => kind.startsWith('sh'))
  const inBlocks = blocks.flatMap(({ text }) => commandsOf(text).map(({ command }) => command))
  const commands = programOf().commands.map((each) => each.name())
  const spans = spansOf(markdown).map((span) =>
    commands.includes(span.split(' ')[0] ?? '') ? `lenscap-agent ${span}` : span,
  )
  return [...inBlocks, ...spans].filter((use) => agentPart.test(use))
}

/** Follows a call down the tree of commands; what is no option must be a command, or what a command takes. */
function faultIn(use: string): string | undefined {
  let command = programOf()
  let takes = 0
  const words = (agentPart.exec(use)?.[1] ?? '')
    .trim()
    .replaceAll(/[[\]…]/g, '')
    .split(/ +/)
    .filter((word) => word !== '')
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word.startsWith('--')) {
      const [name = ''] = word.split('=')
      const option = command.options.find(({ long }) => long === name)
      if (!option && name !== '--help') return `${name} is no option of "${command.name()}"`
      if (option?.required === true && !word.includes('=')) words.shift()
      continue
    }
    const below = command.commands.find((each) => each.name() === word)
    if (below) command = below
    else if (takes < command.registeredArguments.length) takes += 1
    else return `"${command.name()}" takes no "${word}"`
  }
  return undefined
}

/** Every key of the schema, levels joined by dots. */
function keysOf(schema: unknown, path: readonly string[] = []): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const properties: object =
    'properties' in schema && typeof schema.properties === 'object' ? (schema.properties ?? {}) : {}
  const others = ['anyOf', 'oneOf', 'allOf'].flatMap(
    (key) => Object.entries(schema).find(([name]) => name === key)?.[1] ?? [],
  )
  const below = Object.entries(properties).flatMap(([key, each]) => {
    return [[...path, key].join('.'), ...keysOf(each, [...path, key])]
  })
  return [...below, ...others.flatMap((each) => keysOf(each, path))]
}

describe("the installer's guide", () => {
  it('names no command and no option that is not there', () => {
    const uses = usesOf(GUIDE)
    assert.ok(uses.length > 30, String(uses.length))
    assert.deepEqual(
      uses.flatMap((use) => faultIn(use) ?? []),
      [],
    )
    const all = (command = programOf()): string[] => [
      ...command.options.map(({ long }) => long ?? ''),
      ...command.commands.flatMap((each) => all(each)),
    ]
    const known = new Set([...all(), '--help', '--unix-socket', '--name', '--with-key'])
    const named = spansOf(GUIDE).flatMap((span) => span.match(/--[a-z][a-z-]+/g) ?? [])
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    )
  })

  it('names no key that is not there, and every example is taken', () => {
    const keys = new Set(keysOf(configJsonSchema()))
    const named = spansOf(GUIDE).filter(
      (span) => /^[a-z][A-Za-z]+\.[A-Za-z.]+(: .*)?$/.test(span) && !/\.(yaml|sock|json|key|db)$/.test(span),
    )
    assert.ok(named.length > 10, String(named.length))
    assert.deepEqual(
      named.map((span) => span.replace(/:.*$/, '')).filter((key) => !keys.has(key)),
      [],
    )
    const examples = blocksOf(GUIDE).filter(({ kind }) => kind === 'yaml')
    assert.ok(examples.length >= 3)
    for (const { text, line } of examples) parseConfig(text, `line ${line}`, placeFaults)
  })

  it('is linked from a front page whose commands are there', () => {
    const targets = new Set([...read('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, name]) => name))
    const made = [...read('README.md').matchAll(/^make ([a-z-]+)|`make ([a-z-]+)/gm)].map(([, a, b]) => a ?? b)
    assert.ok(made.length > 3)
    assert.deepEqual(
      made.filter((name) => !targets.has(name)),
      [],
    )
  })
})

/** An installer's afternoon: a folder, cameras, a bridge, its owner, and a shell. */
class Afternoon implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'lenscap-guide-'))
  readonly #address = freeNet()
  readonly #stack = new AsyncDisposableStack()
  readonly #taken = new Set<string>()
  #url = ''
  #owner: Owner | undefined
  #discoveryPort = 0

  async begin(): Promise<void> {
    const [http = 0, mqtt = 0, discovery = 0] = await freePorts(3)
    this.#discoveryPort = discovery
    this.#url = `http://127.0.0.1:${http}`
    const run = (name: string, args: string[]) => {
      const program = new Program({
        name,
        executable: programPath(`lenscap-${name}`),
        args,
        logPath: join(this.folder, `${name}.log`),
      })
      this.#stack.defer(async () => void (await program.stop(5000)))
      return program.line(({ event }) => event === 'ready', WAIT_MS)
    }
    this.#prepare()
    const [{ setupToken }] = await Promise.all([
      run('bridge', [
        ...['run', '--data', join(this.folder, 'bridge'), '--host', '127.0.0.1', '--json'],
        ...['--http-port', `${http}`, '--mqtt-port', `${mqtt}`],
      ]),
      run('simulator', [
        ...[
          'run',
          '--json',
          '--profile',
          'axis',
          '--profile',
          'hikvision',
          '--address',
          this.#address,
          '--event-interval',
          '0',
        ],
        ...['--user', 'admin', '--password', PASSWORD, '--discovery-port', `${discovery}`],
      ]),
    ])
    this.#owner = new Owner(this.#url)
    await this.#owner.setUp({
      token: String(setupToken),
      name: 'House',
      email: 'owner@example.org',
      username: 'owner',
      password: 'a long enough password',
    })
  }

  /** The guide's own places, here. */
  put(text: string): string {
    return text
      .replaceAll('https://cameras.example.org', this.#url)
      .replaceAll('192.168.7.0/24', rangeAround(this.#address))
      .replaceAll('192.168.7.20', this.#address)
      .replaceAll('/etc/lenscap', this.folder)
  }

  /** Runs one command to its end, and gives its exit code and what it said; the owner types in each code that is shown. */
  async run(command: string): Promise<{ code: number | null; said: string }> {
    const { child, said, ended } = this.#shell(command)
    const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_MS)
    const code = await ended
    clearTimeout(timer)
    return { code, said: said() }
  }

  /** Leaves a command running until the afternoon ends; resolves once it says this. */
  async leaveRunning(command: string, words: RegExp): Promise<void> {
    const { child, said, ended } = this.#shell(`exec ${command}`)
    this.#stack.defer(async () => {
      child.kill('SIGTERM')
      await ended
    })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => reject(new Error(`Not said: ${words}\nbut: ${said()}`)), WAIT_MS)
    const look = () => words.test(said()) && resolve()
    for (const stream of [child.stdout, child.stderr]) stream.on('data', look)
    await promise.finally(() => clearTimeout(timer))
  }

  /** A person who is asked for a password, twice. */
  async answer(command: string): Promise<number | null> {
    using terminal = new Terminal([...command.split(/ +/).slice(1), '--config', join(this.folder, 'agent.yaml')], 80)
    await terminal.answer(': ', `${PASSWORD}\r`)
    await terminal.answer('The same again: ', `${PASSWORD}\r`)
    return await terminal.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The files that the guide names, and a `lenscap-agent` that keeps to this folder where nothing else is said. */
  #prepare(): void {
    for (const name of ['camera-password', 'axis-password', 'password'])
      writeFileSync(join(this.folder, name), `${PASSWORD}\n`, { mode: 0o600 })
    const bin = join(this.folder, 'bin')
    mkdirSync(bin)
    const [here, agent] = [join(bin, 'lenscap-agent'), programPath('lenscap-agent')]
    const places = `--interface none --discovery-port ${this.#discoveryPort} --timeout 1`
    writeFileSync(
      here,
      `#!/bin/sh
case "$1" in
  setup) exec ${agent} "$@" --config ${this.folder}/agent.yaml --state-dir ${this.folder}/state ${places} ;;
  discover) exec ${agent} "$@" ${places} ;;
esac
case "$*" in
  *--config*) exec ${agent} "$@" ;;
esac
exec ${agent} "$@" --config ${this.folder}/agent.yaml
`,
    )
    chmodSync(here, 0o755)
  }

  #shell(command: string) {
    const env = { ...process.env, PATH: `${join(this.folder, 'bin')}${delimiter}${process.env['PATH']}` }
    const child = spawn('sh', ['-c', command], { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    const hear = (chunk: string) => {
      text += chunk
      for (const [code] of text.matchAll(/\b[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{5}\b/g)) void this.#take(code)
    }
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear)
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    return { child, ended, said: () => text }
  }

  async #take(code: string): Promise<void> {
    if (this.#taken.has(code)) return
    this.#taken.add(code)
    await this.#owner?.takeClaim(code)
  }
}

/** `discover` and `doctor` may find something to look at; all else is done. */
const codesOf = (command: string) => (/ (discover|doctor)\b/.test(command) ? [0, 3] : [0])

test("the installer's guide, typed line by line", { timeout: 600_000 }, async (t) => {
  const blocks = blocksOf(GUIDE).filter(({ kind }) => ['sh run', 'sh background'].includes(kind))
  assert.ok(blocks.length >= 4, 'what is marked is found')
  await using afternoon = new Afternoon()
  await afternoon.begin()
  const typed = async ({ kind, text }: Block) => {
    for (const { command, comment } of commandsOf(afternoon.put(text))) {
      if (kind === 'sh background') await afternoon.leaveRunning(command, /connected/i)
      else if (!comment.includes('asks')) {
        const { code, said } = await afternoon.run(command)
        assert.ok(codesOf(command).includes(code ?? -1), `${command}: ${code}\n${said}`)
      } else assert.equal(await afternoon.answer(command), 0, command)
    }
  }
  for (const block of blocks) await t.test(`line ${block.line}`, () => typed(block))
})
