import type { Clock } from '../base/clock.ts'
import { markForWipe } from '../commands/wipe.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { MediaKeeper } from '../media/keeper.ts'
import type { CommandResult, DownCommand } from '../transport/inbox.ts'
import type { AgentReport } from './agent-deps.ts'
import type { LiveSessions } from './live-sessions.ts'
import type { Search } from './search.ts'

interface ObeyDeps {
  readonly search: Pick<Search, 'readAgain'>
  readonly inventory: Pick<Inventory, 'devices'>
  readonly media: Pick<MediaKeeper, 'snapshots'>
  readonly live: Pick<LiveSessions, 'order'>
  readonly stateDir: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly report: Pick<AgentReport, 'onReset'>
}

const RESET_GRACE_MS = 500

/** Does what the bridge asks of the box, and says what came of it. */
export async function obey(command: DownCommand, deps: ObeyDeps): Promise<CommandResult> {
  const { name, camera } = command
  const { search, inventory, media, stateDir, clock, signal, report } = deps
  if (name === 'refresh') {
    await search.readAgain()
    return { ok: true, message: `Read ${inventory.devices().length} devices again` }
  }
  if (name === 'snapshot') {
    const taken = await media.snapshots('asked', camera)
    return taken > 0 ? { ok: true, message: 'Taken' } : { ok: false, message: 'No snapshot could be taken' }
  }
  if (name === 'live') return deps.live.order(command)
  if (name === 'reset') {
    await markForWipe(stateDir)
    // The reply goes first: nobody hears of a wiped box again.
    void clock
      .sleep(RESET_GRACE_MS, signal)
      .catch(() => {})
      .then(report.onReset)
    return { ok: true, message: 'This box is being wiped' }
  }
  return { ok: false, message: `This agent does not know "${name}"` }
}
