import { parseArgs } from 'node:util'

export interface DemoOptions {
  readonly httpPort: number
  readonly mqttPort: number
  readonly controlPort: number
  /** Of WS-Discovery, on each camera's address. */
  readonly discoveryPort: number
  /** The first camera's; the others follow. */
  readonly address: string
  readonly stateDir: string
}

const OPTIONS = {
  'http-port': { type: 'string', default: '8480' },
  'mqtt-port': { type: 'string', default: '18830' },
  'control-port': { type: 'string', default: '8490' },
  'discovery-port': { type: 'string', default: '3702' },
  address: { type: 'string', default: '127.77.0.11' },
  state: { type: 'string', default: '' },
} as const

/** @throws Error saying what to write instead */
export function readOptions(args: readonly string[], defaultStateDir: string): DemoOptions {
  const values = parse(args)
  if (!/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(values.address)) {
    throw new Error(`--address ${values.address}: the demo's cameras live on loopback, 127.x.y.z`)
  }
  return {
    httpPort: port('--http-port', values['http-port']),
    mqttPort: port('--mqtt-port', values['mqtt-port']),
    controlPort: port('--control-port', values['control-port']),
    discoveryPort: port('--discovery-port', values['discovery-port']),
    address: values.address,
    stateDir: values.state || defaultStateDir,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values
  } catch (error) {
    const known = Object.keys(OPTIONS).map((name) => `--${name}`)
    throw new Error(`${error instanceof Error ? error.message : error}\nThe demo takes ${known.join(', ')}`)
  }
}

function port(option: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= 65535) return number
  throw new Error(`${option} ${text}: a port is a number up to 65535`)
}

/** The 32 addresses around the first camera's, which the agent probes one by one. */
export function rangeAround(address: string): string {
  const [a, b, c, d] = address.split('.').map(Number)
  return `${a}.${b}.${c}.${(d ?? 0) & 0b11100000}/27`
}
