import { useEffect, useState } from 'preact/hooks'
import { channelOf } from '../model/devices.ts'
import { bytes, count, span } from '../model/format.ts'
import { posterOf } from '../model/poster.ts'
import { boxPath } from '../model/router.ts'
import type { CameraView, HealthFacts, ItemView, Overview } from '../model/types.ts'
import { DIAGNOSIS, healthWords, makerAndModel, nameOf, skewDirection } from '../model/words.ts'
import { advice, PAGE_SIZE } from '../net/api.ts'
import { useApp, useChange, useSelect, useTitle } from '../parts/app.ts'
import { CameraLog } from '../parts/camera-log.tsx'
import { Consent } from '../parts/consent.tsx'
import { Facts } from '../parts/facts.tsx'
import { ForgottenCard } from '../parts/forgotten.tsx'
import { Items } from '../parts/items.tsx'
import { Timeline } from '../parts/timeline.tsx'
import { Viewer } from '../parts/viewer.tsx'
import { Ago, Health, Loading, Trouble } from '../parts/words.tsx'
import { LostPage } from './lost.tsx'

export function CameraPage({ overview, id }: { overview: Overview; id: string }) {
  const camera = overview.cameras.find((each) => each.id === id)
  if (camera === undefined) return <LostPage what="camera" />
  return <Known key={id} overview={overview} camera={camera} />
}

function Known({ overview, camera }: { overview: Overview; camera: CameraView }) {
  const name = nameOf(camera.facts)
  useTitle(name)
  const agent = overview.agents.find(({ id }) => id === camera.agent)
  const channel = channelOf(camera, overview.cameras)
  const [item, show] = useState<ItemView>()
  const items = useSelect((state) => state.detail?.items)
  // What was deleted, here or elsewhere, is not shown any longer.
  const picked = item !== undefined && items?.some(({ id }) => id === item.id) === true ? item : undefined
  const poster = picked?.kind === 'clip' ? posterOf(picked, items ?? []) : undefined
  const view = (picture: ItemView) => {
    show(picture)
    window.scrollTo({ top: 0 })
  }
  return (
    <>
      <div class="page-head">
        <div>
          <p class="crumb quiet">
            <a href="/">Cameras</a>
            {agent !== undefined && (
              <>
                {' / '}
                <a href={boxPath(agent.id)}>{agent.name}</a>
              </>
            )}
          </p>
          <h1>{name}</h1>
          <p class="quiet">
            {makerAndModel(camera.facts)}
            {channel !== undefined && ` · channel ${channel.number} of ${channel.of}`}
          </p>
        </div>
      </div>
      <div class="camera">
        <div class="camera-view">
          <Viewer
            camera={camera}
            cap={agent?.cap ?? false}
            item={picked}
            poster={poster}
            close={() => show(undefined)}
          />
        </div>
        <div class="camera-side">
          <Side camera={camera} cap={agent?.cap ?? false} />
        </div>
        <Lists camera={camera} shown={picked?.id} show={view} />
        <section class="card camera-facts" aria-labelledby="facts">
          <h2 id="facts">About this camera</h2>
          <Facts facts={camera.facts} />
          <CameraLog camera={camera.id} />
        </section>
      </div>
    </>
  )
}

/** What may leave and how it is; or, of one that its box has forgotten, that it is so. */
function Side({ camera, cap }: { camera: CameraView; cap: boolean }) {
  if (camera.forgottenAt !== null) return <ForgottenCard camera={camera} at={camera.forgottenAt} />
  return (
    <>
      <Consent camera={camera} cap={cap} />
      <HealthCard health={camera.health} />
    </>
  )
}

function HealthCard({ health }: { health: HealthFacts | null }) {
  return (
    <section class="card" aria-labelledby="health">
      <h2 id="health">Health</h2>
      <p>
        <Health health={health} />
      </p>
      <p class="quiet">{healthWords(health).sentence}</p>
      {health?.diagnoses.map(({ code, detail }) => (
        <div key={code} class="diagnosis">
          <p class="diagnosis-title">{DIAGNOSIS[code].title}</p>
          <p>{DIAGNOSIS[code].advice}</p>
          {detail !== '' && <p class="quiet">{detail}</p>}
        </div>
      ))}
      <p class="quiet health-small">
        {health?.latencyMs !== undefined && <span>Answers in {Math.round(health.latencyMs)} ms</span>}
        {health?.clockSkewMs !== undefined && (
          <span>
            {Math.abs(health.clockSkewMs) < 2000
              ? 'Clock is right'
              : `Clock ${span(health.clockSkewMs)} ${skewDirection(health.clockSkewMs)}`}
          </span>
        )}
        {health?.lastSeenAt !== undefined && (
          <span>
            Seen <Ago at={health.lastSeenAt} />
          </span>
        )}
      </p>
    </section>
  )
}

type ListsProps = { camera: CameraView; shown: string | undefined; show: (item: ItemView) => void }

/** Loads the camera's items and events, and keeps them as the stream brings more. */
function Lists({ camera, shown, show }: ListsProps) {
  const { api, store } = useApp()
  const { id, held } = camera
  const loaded = useSelect((state) => state.detail)
  const [error, setError] = useState<string>()
  const older = useChange()
  // Loads again when the stream came back: something may have been missed.
  const link = useSelect((state) => state.link)
  useEffect(() => {
    let gone = false
    Promise.all([api.events(id), api.items(id)])
      .then(([{ events }, { items }]) => {
        if (gone) return
        const [moreEvents, moreItems] = [events.length >= PAGE_SIZE, items.length >= PAGE_SIZE]
        store.dispatch({ type: 'detail', detail: { camera: id, events, moreEvents, items, moreItems } })
        setError(undefined)
      })
      .catch((failure: unknown) => {
        if (!gone) setError(advice(failure))
      })
    return () => {
      gone = true
    }
  }, [api, store, id, link])
  const detail = loaded?.camera === id ? loaded : undefined
  if (detail === undefined) {
    return <div class="camera-items">{error === undefined ? <Loading what="media" /> : <Trouble>{error}</Trouble>}</div>
  }

  const moreEvents = () =>
    older.run(async () => {
      const { events } = await api.events(id, justAfter(detail.events.at(-1)?.at))
      store.dispatch({ type: 'older-events', camera: id, events, more: events.length >= PAGE_SIZE })
    })
  const moreItems = () =>
    older.run(async () => {
      const { items } = await api.items(id, justAfter(detail.items.at(-1)?.takenAt))
      store.dispatch({ type: 'older-items', camera: id, items, more: items.length >= PAGE_SIZE })
    })
  return (
    <>
      <section class="card camera-items" aria-labelledby="items">
        {(older.error ?? error) !== undefined && <Trouble>{older.error ?? error}</Trouble>}
        <h2 id="items">
          Held <span class="quiet">{held.items > 0 && `${count(held.items, 'item')} · ${bytes(held.bytes)}`}</span>
        </h2>
        <Items camera={camera} items={detail.items} shown={shown} show={show} />
        {detail.moreItems && <More what="items" busy={older.busy} more={moreItems} />}
      </section>
      <section class="card camera-events" aria-labelledby="events">
        <h2 id="events">Events</h2>
        <Timeline events={detail.events} />
        {detail.moreEvents && <More what="events" busy={older.busy} more={moreEvents} />}
      </section>
    </>
  )
}

/** Several may share the last one's millisecond: they are asked for again, and each is shown once. */
const justAfter = (ms: number | undefined) => (ms === undefined ? undefined : ms + 1)

function More({ what, busy, more }: { what: string; busy: boolean; more: () => void }) {
  return (
    <button type="button" class="button small" aria-busy={busy} onClick={more}>
      Older {what}
    </button>
  )
}
