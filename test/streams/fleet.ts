import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { FleetCamera } from './announced.ts'

const SIMULATOR = join(import.meta.dirname, '../../simulator/cli/main.ts')

/** The simulator in a process of its own, as a person runs it. */
export interface RunningFleet extends AsyncDisposable {
  readonly cameras: readonly FleetCamera[]
  readonly user: string
  readonly password: string
}

/** Starts a camera of each of those profiles, in their order, with those faults. Throws Error with what the simulator said where it can't. */
export async function startFleetOf(
  profiles: readonly string[],
  faults: readonly string[],
  address: string,
): Promise<RunningFleet> {
  const password = randomBytes(9).toString('base64url')
  const chosen = [
    ...profiles.flatMap((profile) => ['--profile', profile]),
    ...faults.flatMap((fault) => ['--fault', fault]),
  ]
  const ports = ['--port', '0', '--rtsp-port', '0', '--discovery-port', '0', '--event-interval', '0']
  const args = [SIMULATOR, 'run', '--json', '--password', password, '--address', address, ...ports, ...chosen]
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  child.stdin.end()
  const closed = once(child, 'close')
  const failed = closed.then(async () => Promise.reject(new Error(`The simulator ended: ${await said}`)))
  const said = text(child.stderr)
  failed.catch(() => {})
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), failed])
  const stop = async () => {
    child.kill('SIGTERM')
    await closed
  }
  const { cameras, user } = JSON.parse(String(line)) as { cameras: FleetCamera[]; user: string }
  return { cameras, user, password, [Symbol.asyncDispose]: stop }
}
