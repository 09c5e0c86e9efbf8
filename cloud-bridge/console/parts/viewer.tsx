import { useEffect, useState } from 'preact/hooks'
import { clock, day } from '../model/format.ts'
import type { CameraView, ItemView } from '../model/types.ts'
import { nameOf } from '../model/words.ts'
import { contentPath } from '../net/api.ts'
import { Live } from './live.tsx'
import { Picture } from './picture.tsx'

type ViewerProps = {
  readonly camera: CameraView
  readonly cap: boolean
  readonly item: ItemView | undefined
  /** What a clip shows until it plays. */
  readonly poster: ItemView | undefined
  readonly close: () => void
}

/** The large frame: the item that was picked, otherwise what the camera shows now. */
export function Viewer({ camera, cap, item, poster, close }: ViewerProps) {
  if (item === undefined) return <Now camera={camera} cap={cap} />
  const when = `${day(item.takenAt)}, ${clock(item.takenAt)}`
  return (
    <figure class="viewer">
      <div class="frame">
        {item.kind === 'snapshot' ? (
          <img src={contentPath(item.id)} alt={`${nameOf(camera.facts)}, ${when}`} />
        ) : (
          <video
            key={item.id}
            src={contentPath(item.id)}
            poster={poster && contentPath(poster.id)}
            controls
            autoplay
            muted
            playsInline
            preload="metadata"
          />
        )}
      </div>
      <figcaption class="row">
        <span>{when}</span>
        <button type="button" class="button small" onClick={close}>
          Back to the newest
        </button>
      </figcaption>
    </figure>
  )
}

/** What the camera shows now: its newest snapshot, or on wish a live view. */
function Now({ camera, cap }: { camera: CameraView; cap: boolean }) {
  const [wanted, want] = useState(false)
  const allowed = camera.consent.kinds.includes('live')
  useEffect(() => {
    if (!allowed) want(false)
  }, [allowed])
  return (
    <div class="viewer">
      {wanted ? <Live camera={camera} quality="one" /> : <Picture camera={camera} cap={cap} />}
      <div class="viewer-live">
        <button
          type="button"
          class={wanted || !allowed || cap ? 'button small' : 'button small primary'}
          disabled={!allowed || cap}
          onClick={() => want(!wanted)}
        >
          {wanted ? 'Stop watching' : 'Watch live'}
        </button>
        {!allowed && <span class="quiet">Live view is off. Its switch is under “What may leave”.</span>}
        {allowed && cap && <span class="quiet">The cap is on at the box.</span>}
      </div>
    </div>
  )
}
