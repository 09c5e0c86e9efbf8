import { clock, day } from '../model/format.ts'
import type { CameraView, ItemView } from '../model/types.ts'
import { nameOf } from '../model/words.ts'
import { contentPath } from '../net/api.ts'
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
  if (item === undefined) return <Picture camera={camera} cap={cap} />
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
