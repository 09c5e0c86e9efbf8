import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { addressAfter, FleetStartError } from '../fleet/index.ts'

/** Tells the program inside that its cameras may have the network's addresses. */
const NETWORK_VARIABLE = 'LENSCAP_SIMULATOR_NETWORK'

/** Of util-linux, as nsenter is. */
const UNSHARE = 'unshare'
const GROUP = '239.255.255.250'
const DEVICE_INSIDE = 'cameras'
/** The first of the network is this side's; a few are left for clients. */
const FIRST_CAMERA = 11
const READY_MS_MAX = 5000

/**
 * Says that it is in its namespace, waits for a line, runs the program, and ends it when standard input ends, however that
 * comes about. With its last process the kernel takes the namespace away, and with that the pair of devices.
 */
const INSIDE = [
  'echo inside >&3',
  'read -r go || exit 1',
  'exec 4<&0 3>&-',
  '"$@" </dev/null & program=$!',
  '{ cat >/dev/null; kill -TERM "$program" 2>/dev/null; } <&4 >/dev/null 2>&1 &',
  'wait "$program"',
].join('\n')

/** Adds the command; `end` is told the program's exit code. */
export function describeNetwork(command: Command, end: (code: number) => void): void {
  command
    .description(
      'Run cameras in a network namespace of their own, at addresses such as 192.168.100.11 (root, or under unshare -rn)',
    )
    .argument('<network>', 'such as 192.168.100.0/22, which has room for 1,000 cameras')
    .argument('[options...]', 'those of run')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (network: string, options: readonly string[]) => {
      const stop = new AbortController()
      const onSignal = () => stop.abort()
      process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
      try {
        end(await runInNetwork(parseNetwork(network), options, stop.signal))
      } finally {
        process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
      }
    })
}

/** Whether cameras may have that address: a loopback one, or inside a network of the simulator's own any. */
export function isCameraAddress(text: string): boolean {
  return isIPv4(text) && (text.startsWith('127.') || process.env[NETWORK_VARIABLE] !== undefined)
}

/** Addresses by CIDR. */
interface Network {
  readonly first: string
  readonly bits: number
  readonly size: number
}

/** Throws RangeError saying what to write instead. */
function parseNetwork(text: string): Network {
  const [base = '', bits = ''] = text.split('/', 2)
  const size = 2 ** (32 - Number(bits))
  const isBase = isIPv4(base) && base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) % size === 0
  if (!/^\d+$/.test(bits) || Number(bits) < 19 || Number(bits) > 27 || !isBase || base.startsWith('127.'))
    throw new RangeError(`"${text}" is no network of 32 to 8,192 addresses: write one such as 192.168.100.0/22`)
  return { first: base, bits: Number(bits), size }
}

/**
 * Runs a fleet in a network namespace of its own, its cameras at real-looking addresses, joined to this one by a pair of
 * devices, until the fleet ends or `signal` aborts. Gives the program's exit code. Throws FleetStartError where the kernel forbids it.
 */
async function runInNetwork(
  { first, bits, size }: Network,
  programArgs: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const begin = addressAfter(first, FIRST_CAMERA)
  const args = [...process.execArgv, process.argv[1] ?? '', 'run', '--address', begin, ...programArgs]
  const child = spawn(UNSHARE, ['--net', 'sh', '-c', INSIDE, 'sh', process.execPath, ...args], {
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [NETWORK_VARIABLE]: `${first}/${bits}` },
  })
  const ended = once(child, 'exit')
  const leave = () => child.stdin?.destroy()
  signal.addEventListener('abort', leave)
  try {
    await entered(child)
    await connect(child.pid ?? 0, { first, bits, size })
    child.stdin?.write('go\n')
    const [code] = await ended
    return typeof code === 'number' ? code : 1
  } finally {
    signal.removeEventListener('abort', leave)
    leave()
  }
}

async function entered(child: ChildProcess): Promise<void> {
  const said = child.stdio[3]
  if (!said) throw new FleetStartError(FORBIDDEN)
  const signal = AbortSignal.timeout(READY_MS_MAX)
  const failed = Promise.race([once(child, 'exit', { signal }), once(child, 'error', { signal })]).then(() => 'failed')
  const outcome = await Promise.race([once(said, 'data', { signal }).then(() => 'inside'), failed]).catch(
    () => 'failed',
  )
  if (outcome === 'failed') throw new FleetStartError(FORBIDDEN)
}

const FORBIDDEN =
  'A network of its own needs root and the commands unshare, nsenter (util-linux) and ip (iproute2): ' +
  'run this as root, or as anyone under "unshare -rn" together with the client'

/** The pair of devices: `lenscap-PID` here with the network's first address, `cameras` there with all that cameras may have. */
async function connect(inside: number, { first, bits, size }: Network): Promise<void> {
  const device = `lenscap-${inside}`
  const there = ['nsenter', '-t', String(inside), '-n']
  const cameras = Array.from({ length: size - FIRST_CAMERA - 1 }, (_, i) => addressAfter(first, FIRST_CAMERA + i))
  try {
    await ip([], [`link add ${device} type veth peer name ${DEVICE_INSIDE} netns ${inside}`])
    await ip(there, [
      'link set lo up',
      `link set ${DEVICE_INSIDE} up`,
      ...cameras.map((address) => `addr add ${address}/${bits} dev ${DEVICE_INSIDE}`),
    ])
    await ip([], [`addr add ${addressAfter(first, 1)}/${bits} dev ${device}`, `link set ${device} up`])
    await Promise.all([isUp([], device), isUp(there, DEVICE_INSIDE)])
  } catch (cause) {
    throw new FleetStartError(`${FORBIDDEN} (${cause instanceof Error ? cause.message.trim() : ''})`, { cause })
  }
  // So that clients that name no interface find the cameras; where somebody has a route to the group already, it stays.
  await ip([], [`route add ${GROUP}/32 dev ${device}`]).catch(() => {})
}

/** Waits until the kernel lets packets through: for a moment after a device was set up it drops them. */
async function isUp(before: readonly string[], device: string): Promise<void> {
  const deadline = AbortSignal.timeout(READY_MS_MAX)
  while (!/\bstate UP\b/.test(await ip(before, [`link show dev ${device}`])))
    await sleep(20, undefined, { signal: deadline })
}

async function ip(before: readonly string[], commands: readonly string[]): Promise<string> {
  const [file = '', ...args] = [...before, 'ip', '-batch', '-']
  const running = promisify(execFile)(file, args, { timeout: READY_MS_MAX * 2 })
  running.child.stdin?.end(`${commands.join('\n')}\n`)
  return (await running).stdout
}
