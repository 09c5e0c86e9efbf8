import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { AgentConfig } from '../config/schema.ts'
import { discover } from '../discovery/discover.ts'
import { type Fence, fenceOf } from '../discovery/fence.ts'
import type { Sighting } from '../discovery/sighting.ts'
import type { CameraChange, DeviceTrouble, Inventory } from '../inventory/inventory.ts'
import { newsIn } from './news.ts'

const TROUBLES_REMEMBERED_MAX = 1_024

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
