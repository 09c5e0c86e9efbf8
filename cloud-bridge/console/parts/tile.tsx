import type { Placed } from '../model/devices.ts'
import { cameraPath } from '../model/router.ts'
import type { CameraView, EventView } from '../model/types.ts'
import { consentWords, EVENT, eventWords, makerAndModel, nameOf } from '../model/words.ts'
import { useNow, useSelect } from './app.ts'
import { Live } from './live.tsx'
import { Picture } from './picture.tsx'
import { Switch, useConsent } from './switch.tsx'
import { Ago, Health } from './words.tsx'

/** An event that never ends (its camera rebooted, say) is not shown as going on for longer than this. */
const ONGOING_MS_MAX = 120_000

/** One camera: its frame, who it is, how it is, what it last said, and its switch. */
export function Tile({ camera, channel, cap, live }: Placed & { readonly cap: boolean; readonly live: boolean }) {
  const { facts } = camera
  const name = nameOf(facts)
  return (
    <article class="tile" aria-labelledby={`name-${camera.id}`} data-testid="camera-tile" data-camera={camera.id}>
      <div class="tile-frame">
        {live ? <Live camera={camera} quality="grid" /> : <Picture camera={camera} cap={cap} />}
        <Now camera={camera.id} />
        {channel !== undefined && (
          <span class="badge badge-channel">
            Channel {channel.number} of {channel.of}
          </span>
        )}
      </div>
      <div class="tile-body">
        <h3>
          <a class="tile-link" href={cameraPath(camera.id)} id={`name-${camera.id}`}>
            {name}
          </a>
        </h3>
        <p class="tile-model quiet">{makerAndModel(facts)}</p>
        <p class="tile-line">
          <Health health={camera.health} />
        </p>
        <LastEvent event={camera.lastEvent} />
      </div>
      <TileSwitch camera={camera} name={name} />
    </article>
  )
}

/** Pulses while something goes on before the camera. */
function Now({ camera }: { camera: string }) {
  const now = useNow()
  const event = useSelect(({ ongoing }) => {
    let newest: EventView | undefined
    for (const each of ongoing.values()) {
      if (each.camera === camera && (newest === undefined || each.at > newest.at)) newest = each
    }
    return newest
  })
  if (event === undefined || now - event.at > ONGOING_MS_MAX) return null
  return (
    <span class="badge badge-now" data-testid="ongoing">
      <span class="pulse" aria-hidden="true" />
      {EVENT[event.event.kind]}
    </span>
  )
}

function LastEvent({ event }: { event: EventView | null }) {
  if (event === null)
    return (
      <p class="tile-line quiet">
        <span class="spark none" aria-hidden="true" />
        No events yet
      </p>
    )
  return (
    <p class="tile-line">
      <span key={event.id} class="spark" aria-hidden="true" />
      <span>
        {eventWords(event.event)}
        <span class="quiet">
          {' · '}
          <Ago at={event.at} />
        </span>
      </span>
    </p>
  )
}

function TileSwitch({ camera, name }: { camera: CameraView; name: string }) {
  const { busy, error, set } = useConsent(camera)
  const on = camera.consent.kinds.length > 0
  const turn = () => set(on ? [] : ['snapshot', 'clip'])
  return (
    <div class="tile-switch">
      <div>
        <p class="tile-switch-label" aria-hidden="true">
          Snapshots and clips
        </p>
        {error === undefined ? (
          <p class={on ? 'open-words' : 'quiet'}>
            {busy ? (on ? 'Turning off …' : 'Turning on …') : consentWords(camera.consent)}
          </p>
        ) : (
          <p class="trouble-words" role="alert">
            {error}
          </p>
        )}
      </div>
      <Switch name={`Snapshots and clips from ${name}`} on={on} busy={busy} turn={turn} />
    </div>
  )
}
