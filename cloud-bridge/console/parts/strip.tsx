import { isKnown } from '../model/devices.ts'
import { bytes, whole } from '../model/format.ts'
import type { State } from '../model/state.ts'
import type { Overview } from '../model/types.ts'
import { mediaWords } from '../model/words.ts'
import { useSelect } from './app.ts'

const LINK: Record<State['link'], string> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Connecting again',
}

/** The state of everything, in one line. */
export function Strip({ overview }: { overview: Overview }) {
  const { agents, totals } = overview
  // One that was forgotten is nobody's trouble any more.
  const cameras = overview.cameras.filter(isKnown)
  const online = agents.filter((agent) => agent.online).length
  const up = cameras.filter(({ health }) => health?.level === 'up').length
  return (
    <dl class="strip" data-testid="strip">
      <Figure name="Boxes online" value={`${online} of ${agents.length}`} warn={online < agents.length} />
      <Figure name="Cameras up" value={`${up} of ${cameras.length}`} warn={up < cameras.length} />
      <Figure name="Messages received" class="messages" value={whole(totals.messages)} />
      <Figure name="Media held" class="media" value={bytes(totals.mediaBytes)} note={mediaWords(overview)} />
      <LinkState />
    </dl>
  )
}

type FigureProps = { name: string; value: string; note?: string; warn?: boolean; class?: string }

function Figure({ name, value, note, warn, class: className }: FigureProps) {
  return (
    <div class={`figure ${className ?? ''}`}>
      <dt>{name}</dt>
      <dd class={warn === true ? 'figure-warn' : ''}>
        {value}
        {note !== undefined && <span class="figure-note"> · {note}</span>}
      </dd>
    </div>
  )
}

function LinkState() {
  const link = useSelect((state) => state.link)
  return (
    <div class="figure figure-link">
      <dt>Updates</dt>
      <dd>
        <span class={`dot dot-link-${link}`} aria-hidden="true" />
        <span role="status" data-testid="link">
          {LINK[link]}
        </span>
      </dd>
    </div>
  )
}
