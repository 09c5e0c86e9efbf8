import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { describeError, LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import { readPassword } from '../config/load.ts'
import { isFor } from '../credentials/for.ts'
import { discover } from '../discovery/discover.ts'
import { fenceOf } from '../discovery/fence.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { Inventory } from '../inventory/inventory.ts'
import { INVENTORY_TABLES } from '../inventory/tables.ts'
import { EXIT, type Output, table, wrapped } from './output.ts'
import { openProgress } from './progress.ts'

export interface DiscoverRequest {
  readonly cidr: readonly string[]
  readonly host: readonly string[]
  readonly interface: readonly string[]
  readonly discoveryPort: number
  readonly user?: string
  readonly passwordFile?: string
  /** Seconds to wait for answers. */
  readonly timeout: number
}

/** The same for a search that is told more than by flags. */
export interface LookRequest extends Omit<DiscoverRequest, 'user' | 'passwordFile'> {
  /** On where it is absent. */
  readonly multicast?: boolean
  /** Nothing outside these ranges is contacted; anywhere where there is none. */
  readonly only?: readonly string[]
}

/** One device in the answer of `discover`. Facts that only a signed-in client may read are empty without credentials. */
export interface FoundDevice {
  readonly endpoint: string
  readonly address: string
  readonly port: number
  manufacturer: string
  model: string
  serial: string
  firmware: string
  hardwareId: string
  macs: readonly string[]
  channels: number
  diagnosis: string
}

/** `discover`: looks round once and says what answered; nothing is kept. `partly` where a device could not be read. */
export async function runDiscover(request: DiscoverRequest, output: Output, signal: AbortSignal): Promise<number> {
  const credentials = await credentialsOf(request)
  const progress = openProgress(`Looking for ${request.timeout} s`)
  const devices = await lookRound(request, credentials, signal, progress.count).finally(progress.end)
  output.answer(devices, () => asTable(devices, output.width))
  // Ctrl-C: what was found until then is worth showing, and is not all.
  const isWhole = !signal.aborted && devices.every(({ diagnosis }) => diagnosis === '')
  return isWhole ? EXIT.done : EXIT.partly
}

/** Finds and reads what is there, signed in with the first credential that fits; by address. @throws LenscapError `invalid` */
export async function lookRound(
  request: LookRequest,
  credentials: readonly (Credential & { readonly for?: readonly string[] })[],
  signal: AbortSignal,
  onSeen: (devices: number) => void,
): Promise<FoundDevice[]> {
  const found = new Map<string, FoundDevice>()
  // The inventory's own way of reading devices, with a memory that ends with this call.
  const db = openDatabase(':memory:', [INVENTORY_TABLES])
  try {
    const inventory = new Inventory({
      db,
      credentials: (subject) => credentials.filter((each) => isFor(each.for ?? [], subject)),
      clock: systemClock,
    })
    for await (const news of inventory.refresh(seen(request, found, signal), signal)) {
      onSeen(found.size)
      if (news.kind !== 'trouble') continue
      const device = found.get(placeOf(news))
      if (device) device.diagnosis = describeError(news.error)
    }
    for (const { device, cameras } of inventory.devices()) {
      const entry = found.get(placeOf(device.target))
      const facts = cameras[0]?.facts
      if (!entry || !facts) continue
      const { manufacturer, model, serial, firmware, hardwareId, macs } = facts
      Object.assign(entry, { manufacturer, model, serial, firmware, hardwareId, macs, channels: cameras.length })
    }
  } finally {
    db.close()
  }
  return [...found.values()].toSorted((a, b) => a.address.localeCompare(b.address, 'en', { numeric: true }))
}

/** Passes sightings on and notes each place once. */
async function* seen(request: LookRequest, found: Map<string, FoundDevice>, signal: AbortSignal) {
  const sightings = discover({
    cidrs: request.cidr,
    hosts: request.host,
    fence: fenceOf(request.only ?? []),
    multicast: request.multicast ?? true,
    ...(request.interface.length > 0 && { interfaces: request.interface }),
    discoveryPort: request.discoveryPort,
    durationMs: request.timeout * 1000,
    clock: systemClock,
    signal,
  })
  for await (const sighting of sightings) {
    if (!found.has(placeOf(sighting))) found.set(placeOf(sighting), blank(sighting))
    yield sighting
  }
}

const placeOf = ({ address, port }: { address: string; port: number }) => `${address} ${port}`

function blank({ endpoint, address, port }: Sighting): FoundDevice {
  const nothing = { manufacturer: '', model: '', serial: '', firmware: '', hardwareId: '' }
  return { endpoint, address, port, ...nothing, macs: [], channels: 0, diagnosis: '' }
}

async function credentialsOf({ user, passwordFile }: DiscoverRequest): Promise<Credential[]> {
  if (user === undefined && passwordFile === undefined) return []
  if (user === undefined || passwordFile === undefined) {
    throw new LenscapError('invalid', 'Give both --user and --password-file, or neither')
  }
  return [{ username: user, password: await readPassword(passwordFile) }]
}

const HEAD = ['ADDRESS', 'PORT', 'MAKER', 'MODEL', 'SERIAL', 'FIRMWARE', 'CH']

export function asTable(devices: readonly FoundDevice[], width: number | undefined): string {
  if (devices.length === 0) return 'Nothing answered. Name a range with --cidr, or a camera with --host, and try again.'
  const rows = devices.map((d) => {
    return [d.address, String(d.port), d.manufacturer, d.model, d.serial, d.firmware, String(d.channels || '')]
  })
  // Before anybody has signed in, half of it is not known of any.
  const known = HEAD.flatMap((_, i) => (rows.some((row) => row[i] !== '') ? [i] : []))
  const pick = (row: readonly string[]) => known.map((i) => row[i] ?? '')
  const found = table(pick(HEAD), rows.map(pick), { width, whole: 2 })
  return [found, ...troubles(devices, width ?? Number.POSITIVE_INFINITY)].join('\n')
}

/** What kept devices from being read: each once, with those that it kept. */
function troubles(devices: readonly FoundDevice[], width: number): string[] {
  const unread = devices.filter(({ diagnosis }) => diagnosis !== '')
  return [...Map.groupBy(unread, ({ diagnosis }) => diagnosis)].flatMap(([diagnosis, those]) => [
    '',
    wrapped(`${diagnosis}:`, width, '  '),
    wrapped(`  ${those.map(({ address, port }) => `${address}:${port}`).join(', ')}`, width, '  '),
  ])
}
