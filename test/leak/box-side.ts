import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rangeAround } from '../demo/options.ts'
import { Program } from '../demo/program.ts'
import { Box } from '../harness/box.ts'
import { programPath } from '../harness/command.ts'
import { SimulatorControl } from '../harness/simulator-control.ts'
import { until } from '../harness/until.ts'
import { BOX, BRIDGE, CAMERAS } from './places.ts'
import { Rpc } from './rpc.ts'

// The house's side: cameras and box, in a network of their own with one way out, and the capture on that way.
const [folder = ''] = process.argv.slice(2)
const CONTROL_PORT = 8490
const DISCOVERY_PORT = 37_020
const ADDRESS = '127.60.0.11'

const simulator = new SimulatorControl(`http://127.0.0.1:${CONTROL_PORT}`)
const passwordFile = join(folder, 'camera-password')
/** What runs here now. */
const here: { program?: Program; box?: Box } = {}
/** The captures that run, by the interface that they listen on, and what tcpdump says at its end. */
const captures = new Map<string, { readonly child: ChildProcess; readonly said: Promise<string> }>()

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] })

const rpc = new Rpc(process, {
  /** The other side has put the cable in. */
  async start(bridgeUrl: string) {
    ip('link', 'set', 'lo', 'up')
    // No address of its own accord, so that the kernel says nothing by itself.
    ip('link', 'set', 'out', 'addrgenmode', 'none')
    ip('address', 'add', `${BOX}/24`, 'dev', 'out')
    ip('link', 'set', 'out', 'up')
    ip('route', 'add', 'default', 'via', BRIDGE)
    mkdirSync(folder, { recursive: true })
    writeFileSync(passwordFile, 'Kamera-pa55word-0815\n', { mode: 0o600 })
    here.program = new Program({
      name: 'simulator',
      executable: programPath('lenscap-simulator'),
      args: [
        ...['run', '--json', '--event-interval', '0', '--user', 'admin', '--password-file', passwordFile],
        ...Array.from({ length: CAMERAS }, () => ['--profile', 'plain']).flat(),
        ...['--address', ADDRESS, '--control-port', String(CONTROL_PORT), '--discovery-port', String(DISCOVERY_PORT)],
      ],
      logPath: join(folder, 'simulator.log'),
    })
    await here.program.line(({ event }) => event === 'ready', 60_000)
    const place = { folder, bridgeUrl, ranges: [rangeAround(ADDRESS)], discoveryPort: DISCOVERY_PORT, passwordFile }
    here.box = new Box({ name: 'box', ...place, onLine: () => {} })
    await begin()
  },

  begin,
  end: async () => await here.box?.stop(),
  redirect: (mqttUrl: string) => here.box?.redirect(mqttUrl),
  identity: () => here.box?.identity(),
  mediaFiles: () => here.box?.mediaFiles(),
  cap: async (on: boolean) => (await here.box?.ask('cap', on ? 'on' : 'off'))?.code,
  ledger: () => here.box?.rows('egress', "SELECT item, kind, bytes FROM ledger WHERE outcome = 'done' ORDER BY n"),
  ledgerCheck: async () => JSON.parse((await here.box?.ask('ledger', '--verify', '--json'))?.out ?? '{}'),
  heldSerial: () => here.box?.rows('state', 'SELECT serial FROM grant_held')[0]?.['serial'] ?? 0,
  mediaConnections: () => simulator.mediaConnections(),

  /** So many motion events, on all cameras alike. */
  async raise(count: number) {
    const cameras = await simulator.cameras()
    const raiseOn = async (camera: string) => {
      for (let i = 0; i < count / cameras.length; i += 1) await simulator.raise(camera, 'motion')
    }
    await Promise.all(cameras.map(({ id }) => raiseOn(id)))
    return cameras.length * Math.ceil(count / cameras.length)
  },

  async capture(on: string, path: string) {
    const args = ['-i', on, '-s', '0', '-B', '65536', '-U', '-Z', 'root', '-w', path]
    const child = spawn('tcpdump', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    captures.set(on, { child, said: new Promise((resolve) => child.once('close', () => resolve(said))) })
    await until('tcpdump listens', () => {
      if (child.exitCode !== null) throw new Error(`tcpdump: ${said}`)
      return said.includes('listening on')
    })
  },

  /** What tcpdump says of what it lost. */
  async captured(on: string) {
    const capture = captures.get(on)
    capture?.child.kill('SIGINT')
    return await capture?.said
  },

  async stop() {
    await here.box?.stop(4000)
    await here.program?.stop(4000)
  },
})

async function begin(): Promise<void> {
  await here.box?.start({ takeClaim: (code) => rpc.call('takeClaim', code) })
}
