import { clock, day, exact } from '../model/format.ts'
import { boxPath, cameraPath } from '../model/router.ts'
import type { ActivityView, Overview } from '../model/types.ts'
import { ACTIVITY, nameOf } from '../model/words.ts'
import { useTitle } from '../parts/app.ts'
import { Empty } from '../parts/words.tsx'

/** What the boxes did, in words. */
export function ActivityPage({ overview }: { overview: Overview }) {
  useTitle('Activity')
  return (
    <>
      <div class="page-head">
        <div>
          <h1>Activity</h1>
          <p class="quiet">What your boxes did. Whatever leaves a camera is named here.</p>
        </div>
      </div>
      <section class="card" aria-label="Activity">
        <ActivityList entries={overview.activity} overview={overview} />
      </section>
    </>
  )
}

export function ActivityList({ entries, overview }: { entries: readonly ActivityView[]; overview: Overview }) {
  if (entries.length === 0) {
    return (
      <Empty title="Nothing yet">
        <p>What a box does appears here once it is online.</p>
      </Empty>
    )
  }
  return (
    <ol class="activity">
      {entries.map((entry, i) => {
        const before = entries[i - 1]
        return (
          <li key={entry.id}>
            {(before === undefined || day(before.at) !== day(entry.at)) && <p class="timeline-day">{day(entry.at)}</p>}
            <Entry entry={entry} overview={overview} />
          </li>
        )
      })}
    </ol>
  )
}

function Entry({ entry, overview }: { entry: ActivityView; overview: Overview }) {
  const camera = overview.cameras.find(({ id }) => id === entry.camera)
  const agent = overview.agents.find(({ id }) => id === entry.agent)
  return (
    <div class="activity-entry">
      <time dateTime={new Date(entry.at).toISOString()} title={exact(entry.at)}>
        {clock(entry.at)}
      </time>
      <div>
        <p>
          <span class="activity-kind">{ACTIVITY[entry.kind]}</span>
          {camera !== undefined && (
            <>
              {' · '}
              <a href={cameraPath(camera.id)}>{nameOf(camera.facts)}</a>
            </>
          )}
          {camera === undefined && agent !== undefined && (
            <>
              {' · '}
              <a href={boxPath(agent.id)}>{agent.name}</a>
            </>
          )}
        </p>
        <p class="quiet">{entry.message}</p>
      </div>
    </div>
  )
}
