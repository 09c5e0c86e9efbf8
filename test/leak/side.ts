import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { BRIDGE } from './places.ts'
import { Rpc } from './rpc.ts'

interface Claimed {
  readonly agent: string
  readonly account: string
  readonly prefix: string
  readonly mqttUrl: string
}

/** The house's side, seen from the bridge's: a process in a network of its own, with a cable between the two. */
export class BoxSide implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #rpc: Rpc

  private constructor(child: ChildProcess, takeClaim: (code: string) => Promise<unknown>) {
    this.#child = child
    this.#rpc = new Rpc(child, { takeClaim })
  }

  static async start(folder: string, bridgeUrl: string, takeClaim: (code: string) => Promise<unknown>) {
    const program = join(import.meta.dirname, 'box-side.ts')
    const child = spawn('unshare', ['-n', process.execPath, program, folder], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    await once(child, 'spawn')
    const side = new BoxSide(child, takeClaim)
    // `unshare` becomes the program: its number is the network's.
    await side.#rpc.call('mediaFiles')
    const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] })
    ip('link', 'set', 'lo', 'up')
    ip('link', 'add', 'way', 'type', 'veth', 'peer', 'name', 'out', 'netns', String(child.pid))
    ip('link', 'set', 'way', 'addrgenmode', 'none')
    ip('address', 'add', `${BRIDGE}/24`, 'dev', 'way')
    ip('link', 'set', 'way', 'up')
    return { side, ready: () => side.#rpc.call<void>('start', bridgeUrl) }
  }

  begin = () => this.#rpc.call<void>('begin')
  end = () => this.#rpc.call<void>('end')
  redirect = (mqttUrl: string) => this.#rpc.call<void>('redirect', mqttUrl)
  identity = () => this.#rpc.call<Claimed>('identity')
  mediaFiles = () => this.#rpc.call<string[]>('mediaFiles')
  cap = (on: boolean) => this.#rpc.call<number>('cap', on)
  ledger = () => this.#rpc.call<{ item: string; kind: string; bytes: number }[]>('ledger')
  ledgerCheck = () => this.#rpc.call<{ rows: number; head: string; broken?: object }>('ledgerCheck')
  heldSerial = () => this.#rpc.call<number>('heldSerial')
  mediaConnections = () => this.#rpc.call<number>('mediaConnections')
  /** How many were raised. */
  raise = (count: number) => this.#rpc.call<number>('raise', count)
  capture = (on: 'out' | 'lo', path: string) => this.#rpc.call<void>('capture', on, path)
  captured = (on: 'out' | 'lo') => this.#rpc.call<string>('captured', on)

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), 15_000)
    await Promise.race([exited, this.#rpc.call('stop').catch(() => {})])
    // Its channel is all that keeps it.
    if (this.#child.connected) this.#child.disconnect()
    await exited
    clearTimeout(insist)
  }
}
