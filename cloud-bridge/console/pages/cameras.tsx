import { useEffect, useRef, useState } from 'preact/hooks'
import { forgottenOf, groupByBox, isKnown, watchable } from '../model/devices.ts'
import { count } from '../model/format.ts'
import { boxPath } from '../model/router.ts'
import type { AgentView, Overview } from '../model/types.ts'
import { eventWords, nameOf } from '../model/words.ts'
import { useApp, useChange, useSelect, useTitle } from '../parts/app.ts'
import { Forgotten } from '../parts/forgotten.tsx'
import { Strip } from '../parts/strip.tsx'
import { Tile } from '../parts/tile.tsx'
import { Ago, Empty, Trouble } from '../parts/words.tsx'

/** Each is a stream of its camera and its box's line: with more, none would be smooth. */
const LIVE_MAX = 9

/** All cameras of the account, box by box. */
export function CamerasPage({ overview }: { overview: Overview }) {
  useTitle('Cameras')
  const groups = groupByBox(overview.agents, overview.cameras)
  const [wanted, want] = useState(false)
  const watched = new Set(wanted ? watchable(groups).slice(0, LIVE_MAX) : [])
  return (
    <>
      <Strip overview={overview} />
      <Head overview={overview} watchable={watchable(groups).length} live={wanted} setLive={want} />
      {groups.length === 0 && (
        <Empty title="No box yet">
          <p>Start the agent on your NVR or camera. It shows a code: enter it here, and its cameras appear.</p>
          <a class="button primary" href="/claim">
            Add a box
          </a>
        </Empty>
      )}
      {groups.map(({ agent, cameras }) => (
        <section key={agent.id} aria-labelledby={`box-${agent.id}`}>
          <BoxHead agent={agent} cameras={cameras.length} />
          {cameras.length === 0 ? (
            <Empty title={agent.online ? 'No cameras found yet' : 'This box is not connected'}>
              <p>
                {agent.online
                  ? 'The box looks for cameras on its network; each appears here as it answers.'
                  : 'Its cameras appear once it is. Check its power and network.'}
              </p>
            </Empty>
          ) : (
            <div class="grid">
              {cameras.map(({ camera, channel }) => (
                <Tile key={camera.id} camera={camera} channel={channel} cap={agent.cap} live={watched.has(camera.id)} />
              ))}
            </div>
          )}
        </section>
      ))}
      <Forgotten cameras={forgottenOf(overview.cameras)} />
      <Announcer overview={overview} />
    </>
  )
}

function presence({ online, lastSeenAt }: AgentView): string {
  if (online) return 'Online'
  return lastSeenAt === null ? 'Not connected yet' : 'Offline: what you see is what it said last'
}

function BoxHead({ agent, cameras }: { agent: AgentView; cameras: number }) {
  return (
    <div class="box-head">
      <h2 id={`box-${agent.id}`}>
        <a href={boxPath(agent.id)}>{agent.name}</a>
      </h2>
      <p class="quiet">
        <span class={`dot ${agent.online ? 'dot-up' : 'dot-unreachable'}`} aria-hidden="true" />
        {presence(agent)}
        {!agent.online && agent.lastSeenAt !== null && (
          <>
            , <Ago at={agent.lastSeenAt} />
          </>
        )}
        {' · '}
        {count(cameras, 'camera')}
      </p>
      {agent.cap && <p class="badge badge-cap">Cap on at the box: nothing leaves, whatever is switched on here</p>}
    </div>
  )
}

/** The heading, how many switches are on, and the way to turn all of them off in one request. */
type HeadProps = {
  readonly overview: Overview
  readonly watchable: number
  readonly live: boolean
  readonly setLive: (live: boolean) => void
}

function Head({ overview, watchable, live, setLive }: HeadProps) {
  const { api, store } = useApp()
  const { busy, error, run } = useChange()
  const known = overview.cameras.filter(isKnown)
  const on = known.filter(({ consent }) => consent.kinds.length > 0).length
  const off = () =>
    run(async () => {
      await api.allOff()
      store.dispatch({ type: 'overview', overview: await api.overview() })
    })
  return (
    <>
      <div class="page-head">
        <div>
          <h1>Cameras</h1>
          {known.length > 0 && (
            <p class={on > 0 ? 'open-words' : 'quiet'} data-testid="switches-on" role="status">
              {on > 0 ? `${count(on, 'camera')} switched on` : 'Every switch is off'}
            </p>
          )}
        </div>
        {known.length > 0 && (
          <div class="page-actions">
            {watchable > 0 && (
              <button type="button" class="button" onClick={() => setLive(!live)}>
                {live ? 'Stop live' : watchable > LIVE_MAX ? `Live, first ${LIVE_MAX}` : 'Live'}
              </button>
            )}
            <button type="button" class="button" disabled={on === 0 && !busy} aria-busy={busy} onClick={off}>
              All off
            </button>
          </div>
        )}
      </div>
      {error !== undefined && <Trouble>{error}</Trouble>}
    </>
  )
}

const ANNOUNCE_MS = 4000

/** Says the newest event to those who listen, politely and not more often than every few seconds. */
function Announcer({ overview }: { overview: Overview }) {
  const newest = useSelect((state) => state.overview?.events[0])
  const [said, say] = useState('')
  const lastSaid = useRef({ id: newest?.id, at: 0 })
  useEffect(() => {
    if (newest === undefined || newest.id === lastSaid.current.id) return
    const wait = Math.max(0, lastSaid.current.at + ANNOUNCE_MS - Date.now())
    const timer = setTimeout(() => {
      const camera = overview.cameras.find(({ id }) => id === newest.camera)
      lastSaid.current = { id: newest.id, at: Date.now() }
      if (camera !== undefined) say(`${nameOf(camera.facts)}: ${eventWords(newest.event)}`)
    }, wait)
    return () => clearTimeout(timer)
  }, [newest, overview])
  return (
    <p class="listen-only" role="log" aria-live="polite" aria-label="Newest event">
      {said}
    </p>
  )
}
