import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type NodeSettings, Program } from '../program.ts'

const root = join(import.meta.dirname, '../../..')
const SIMULATOR = join(root, 'build/lib/lenscap-simulator.js')

/** Where a measured camera listens, as the program tells. */
export interface Listening {
  readonly address: string
  readonly httpPort: number
  readonly rtspPort: number
}

export const PASSWORD = 'secret'
/** Not the real one, so that no other program on this machine is answered. */
export const DISCOVERY_PORT = 13_702

/** Starts the built simulator. Throws Error where it isn't built. */
export function startSimulator(cameras: number, args: readonly string[] = []): Promise<Program> {
  if (!existsSync(SIMULATOR)) throw new Error('The programs are not built: run "make build" first')
  const fixed = [
    '--address',
    '127.80.0.1',
    '--password',
    PASSWORD,
    '--discovery-port',
    String(DISCOVERY_PORT),
    '--json',
  ]
  const quiet = args.includes('--event-interval') ? [] : ['--event-interval', '0']
  return Program.start(SIMULATOR, ['run', '--cameras', String(cameras), ...fixed, ...quiet, ...args])
}

/** Starts one of the plain programs that are measured beside ours, bundled as ours are. */
export function startPeer(name: string, args: readonly string[], node?: NodeSettings): Promise<Program> {
  return Program.start(join(root, 'build/bench', `${name}.js`), args, node)
}

export function camerasOf(simulator: Program): readonly Listening[] {
  const { cameras }: { cameras: readonly Listening[] } = JSON.parse(simulator.ready)
  return cameras
}
