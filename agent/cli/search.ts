import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { AgentConfig } from '../config/schema.ts'
import { announcements } from '../discovery/announce.ts'
import { discover } from '../discovery/discover.ts'
import { type Fence, fenceOf } from '../discovery/fence.ts'
import type { Sighting } from '../discovery/sighting.ts'
import type { CameraChange, DeviceTrouble, Inventory } from '../inventory/inventory.ts'
import type { Id } from '../protocol/envelope.ts'
import { newsIn } from './news.ts'

const TROUBLES_REMEMBERED_MAX = 1_024

/** Between two looks at devices that announced themselves. */
const LOOK_SPACING_MS = 500

interface SearchDeps {
  readonly discovery: AgentConfig['discovery']
  readonly inventory: Pick<Inventory, 'refresh' | 'remembered' | 'devices'>
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly onCamera: (news: CameraChange) => void
  /** A device that was sighted, or known, could not be read. */
  readonly onTrouble: (news: DeviceTrouble) => void
  /** Every device sighted so far has been read, or tried to. */
  readonly onPass: () => void
  /** A device that we know says that it has come, or goes. */
  readonly onAnnounced: (device: Id) => void
}

/** Looks for cameras: the known ones where they were, then whoever answers, again and again. */
export class Search {
  readonly #deps: SearchDeps
  #discovery: AgentConfig['discovery']
  #fence: Fence
  /** What was last logged of each place, so that a device that stays broken is not told every minute. */
  readonly #troubles = new Map<string, string>()
  #reading: Promise<void> | undefined

  /** @throws LenscapError `invalid` for a range in `discovery.only` that is none */
  constructor(deps: SearchDeps) {
    this.#deps = deps
    this.#discovery = deps.discovery
    this.#fence = fenceOf(deps.discovery.only)
  }

  /** From the next pass on. @throws LenscapError `invalid` for a range in `discovery.only` that is none */
  use(discovery: AgentConfig['discovery']): void {
    this.#fence = fenceOf(discovery.only)
    this.#discovery = discovery
  }

  /** Until the signal fires. Never throws for anything that a network does. */
  async run(): Promise<void> {
    const { inventory, clock, signal } = this.#deps
    await this.readAgain()
    const hearing = this.#discovery.multicast ? this.#hear() : undefined
    while (!signal.aborted) {
      const { ranges, hosts, multicast, interfaces, port, intervalS } = this.#discovery
      const where = {
        cidrs: ranges,
        hosts,
        multicast,
        discoveryPort: port,
        ...(interfaces.length > 0 && { interfaces }),
      }
      await this.#look(newsIn(discover({ ...where, fence: this.#fence, clock, signal }), inventory))
      await clock.sleep(intervalS * 1000, signal).catch(() => {})
    }
    await hearing
  }

  /** Takes note of who comes and goes between two passes. A lie costs a look at one device, and looks are spaced. */
  async #hear(): Promise<void> {
    const { inventory, clock, signal, onAnnounced } = this.#deps
    const fence = (address: string) => this.#discovery.multicast && this.#fence(address)
    const options = { port: this.#discovery.port, fence, clock, signal }
    for await (const announced of announcements(options)) {
      const isBye = announced.kind === 'bye'
      const { endpoint, address } = isBye ? announced : announced.sighting
      const known = inventory.devices().find(({ cameras }) => cameras.some(({ facts }) => facts.endpoint === endpoint))
      if (known && endpoint !== '' && known.device.target.address === address) onAnnounced(known.id)
      if (isBye) continue
      await this.#look(newsIn(only(announced.sighting), inventory))
      await clock.sleep(LOOK_SPACING_MS, signal).catch(() => {})
    }
  }

  /** Reads every known device in full; whoever asks while that is under way gets the same reading. */
  readAgain(): Promise<void> {
    this.#reading ??= this.#look(this.#remembered()).finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  /** Those that the installer still wants contacted. */
  #remembered(): Sighting[] {
    return this.#deps.inventory.remembered().filter(({ address }) => this.#fence(address))
  }

  async #look(sightings: AsyncIterable<Sighting> | Iterable<Sighting>): Promise<void> {
    const { inventory, logger, signal, onCamera, onTrouble, onPass } = this.#deps
    try {
      for await (const news of inventory.refresh(sightings, signal)) {
        if (news.kind === 'camera') onCamera(news)
        else {
          this.#tell(news)
          onTrouble(news)
        }
      }
    } catch (error) {
      if (!signal.aborted) logger.error({ reason: describeError(error) }, 'Looking for cameras failed')
    }
    onPass()
  }

  #tell({ address, port, error }: DeviceTrouble): void {
    const place = `${address} ${port}`
    const reason = describeError(error)
    if (this.#troubles.get(place) === reason) return
    if (this.#troubles.size >= TROUBLES_REMEMBERED_MAX) this.#troubles.clear()
    this.#troubles.set(place, reason)
    this.#deps.logger.warn({ address, port, kind: error.kind, reason }, 'A device was not read')
  }
}

async function* only(sighting: Sighting): AsyncGenerator<Sighting, void, undefined> {
  yield sighting
}
