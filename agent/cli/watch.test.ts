import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Output } from './output.ts'
import { watchAgent } from './running.ts'
import { runningAgent, until } from './running-bed.test.ts'
import { soapCamera } from './testing.ts'

/** A terminal of so many columns and lines: what a person would see on it. It scrolls like one where it is written over. */
class Terminal extends Output {
  lines: string[] = ['']
  scrolled = 0
  readonly #size: { readonly width: number; readonly height: number }
  #row = 0
  #column = 0

  constructor(width: number, height: number) {
    super(false, (text) => this.#take(text))
    this.#size = { width, height }
  }

  override get width(): number {
    return this.#size.width
  }

  override get height(): number {
    return this.#size.height
  }

  override get isTerminal(): boolean {
    return true
  }

  get text(): string {
    return this.lines.map((line) => line.trimEnd()).join('\n')
  }

  #take(text: string): void {
    // The one control character that a screen needs, under a name that can be searched for.
    const parts = text.replaceAll('\x1b', '␛').matchAll(/␛\[([HKJ])|␛[^HKJ]*|\n|[^␛\n]/gu)
    for (const [part, command] of parts) {
      if (command === 'H') [this.#row, this.#column] = [0, 0]
      else if (command === 'K') this.lines[this.#row] = this.#line.slice(0, this.#column)
      else if (command === 'J') this.lines.length = this.#row + 1
      else if (part.startsWith('␛')) throw new Error(`an unknown command: ${JSON.stringify(part)}`)
      else if (part === '\n') this.#nextLine()
      else this.#put(part)
    }
  }

  get #line(): string {
    return this.lines[this.#row] ?? ''
  }

  #put(letter: string): void {
    if (this.#column === this.width) this.#nextLine()
    this.lines[this.#row] =
      this.#line.padEnd(this.#column).slice(0, this.#column) + letter + this.#line.slice(this.#column + 1)
    this.#column += 1
  }

  #nextLine(): void {
    this.#column = 0
    this.#row += 1
    if (this.#row < this.height) return
    this.lines.shift()
    this.scrolled += 1
    this.#row = this.height - 1
  }
}

describe('watch', () => {
  it('shows a live agent on a terminal, in place and within its window, until the agent ends', async (t) => {
    await using camera = await soapCamera()
    const { end, configPath } = await runningAgent(t, camera.host)
    const terminal = new Terminal(60, 14)
    const watching = watchAgent(configPath, terminal, new AbortController().signal)
    watching.catch(() => {}) // awaited below
    await until('the camera is shown', () => /Maker M1|127\.0\.0\.1 /.test(terminal.text))
    await until('it is shown connected', () => /^Broker {3}connected/m.test(terminal.text))
    const first = terminal.text
    await until('the counts go on', () => terminal.text !== first)
    assert.match(terminal.text, /^Lenscap \S+, agent [a-z2-7]{16}, up \d+ s, \d+\.\d MiB$/m)
    assert.match(terminal.text, /^NAME +ADDRESS +LEVEL/m)
    assert.equal(terminal.lines.at(-1), 'Ctrl-C ends this view')
    assert.equal(terminal.scrolled, 0)
    const lines: string[] = []
    const stop = new AbortController()
    const piped = watchAgent(configPath, new Output(true, (line) => lines.push(line)), stop.signal)
    await until('a program is told as well', () => lines.length > 0)
    stop.abort()
    assert.equal(await piped, 0)
    assert.equal(JSON.parse(lines[0] ?? '').state.connected, true)
    await Promise.all([assert.rejects(watching, /The agent has stopped: "lenscap-agent logs"/), end()])
  })
})
