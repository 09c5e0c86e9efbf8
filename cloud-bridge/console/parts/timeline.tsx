import { clock, day, exact } from '../model/format.ts'
import type { EventView } from '../model/types.ts'
import { EVENT, phase } from '../model/words.ts'
import { Empty } from './words.tsx'

/** Events by day, newest first; each opens to what the camera said word for word. */
export function Timeline({ events }: { events: readonly EventView[] }) {
  if (events.length === 0) {
    return (
      <Empty title="No events yet">
        <p>They appear here as the camera reports them.</p>
      </Empty>
    )
  }
  return (
    <ol class="timeline">
      {events.map((event, i) => {
        const today = day(event.at)
        const before = events[i - 1]
        return (
          <li key={event.id}>
            {(before === undefined || day(before.at) !== today) && <p class="timeline-day">{today}</p>}
            <Entry event={event} />
          </li>
        )
      })}
    </ol>
  )
}

function Entry({ event }: { event: EventView }) {
  const { kind, active, topic, source, data, cameraTime } = event.event
  return (
    <details class="event">
      <summary>
        <time dateTime={new Date(event.at).toISOString()} title={exact(event.at)}>
          {clock(event.at)}
        </time>
        <span class={`event-mark ${active === true ? 'begin' : ''}`} aria-hidden="true" />
        <span>
          {EVENT[kind]} <span class="quiet">{phase(event.event)}</span>
        </span>
      </summary>
      <dl class="event-raw">
        <dt>Topic</dt>
        <dd>
          <code>{topic}</code>
        </dd>
        {Object.entries({ ...source, ...data }).map(([name, value]) => (
          <Pair key={name} name={name} value={value} />
        ))}
        {cameraTime !== undefined && <Pair name="Camera’s clock" value={cameraTime} />}
      </dl>
    </details>
  )
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
      </dd>
    </>
  )
}
