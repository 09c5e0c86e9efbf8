import { useEffect, useState } from 'preact/hooks'
import { codecIn, unseenWords } from '../model/clip-words.ts'
import { clock, day } from '../model/format.ts'
import type { Shown } from '../model/poster.ts'
import type { CameraView, ItemView } from '../model/types.ts'
import { nameOf } from '../model/words.ts'
import { Live } from './live.tsx'
import { ClosedFrame, Still, useMedia } from './media.tsx'
import { Picture } from './picture.tsx'

type ViewerProps = {
  readonly camera: CameraView
  readonly cap: boolean
  readonly item: ItemView | undefined
  /** What a clip shows until it plays. */
  readonly poster: Shown | undefined
  readonly close: () => void
}

/** The large frame: the item that was picked, otherwise what the camera shows now. */
export function Viewer({ camera, cap, item, poster, close }: ViewerProps) {
  if (item === undefined) return <Now camera={camera} cap={cap} />
  const when = `${day(item.takenAt)}, ${clock(item.takenAt)}`
  return (
    <figure class="viewer">
      {item.kind === 'snapshot' ? (
        <div class="frame">
          <Still key={item.id} of={item} alt={`${nameOf(camera.facts)}, ${when}`} />
        </div>
      ) : (
        <Clip key={item.id} item={item} poster={poster ?? item} />
      )}
      <figcaption class="row">
        <span>
          {when}
          {item.locked && <span class="quiet"> · encrypted for your key</span>}
        </span>
        <button type="button" class="button small" onClick={close}>
          Back to the newest
        </button>
      </figcaption>
    </figure>
  )
}

/** Plays a clip. Where the browser can't show its picture, that of its event is shown, the sound plays, and it is said. */
function Clip({ item, poster }: { item: ItemView; poster: Shown }) {
  const media = useMedia(item)
  const still = useMedia(poster)
  const [unseen, setUnseen] = useState<{ readonly sound: boolean; readonly words: string }>()
  const src = 'src' in media ? media.src : undefined
  useEffect(() => setUnseen(undefined), [src])
  if ('closed' in media || src === undefined) {
    return (
      <div class="frame">{'closed' in media && <ClosedFrame closed={media.closed} item={item.id} small={false} />}</div>
    )
  }
  const unshown = async (sound: boolean) => {
    const codec = await codecOf(src)
    if (codec === undefined && !sound && 'failed' in media) return media.failed()
    setUnseen({ sound, words: unseenWords(codec, sound) })
  }
  return (
    <>
      <div class="frame">
        {unseen !== undefined && poster.id !== item.id && <Still of={poster} alt="" />}
        {(unseen === undefined || unseen.sound) && (
          <video
            class={unseen === undefined ? '' : 'sound-only'}
            src={src}
            poster={'src' in still && poster.id !== item.id ? still.src : undefined}
            controls
            autoplay
            muted={unseen === undefined}
            playsInline
            preload="metadata"
            onLoadedMetadata={({ currentTarget }) => {
              if (currentTarget.videoWidth === 0) unshown(true).catch(() => undefined)
            }}
            onError={() => {
              unshown(false).catch(() => undefined)
            }}
          />
        )}
      </div>
      {unseen !== undefined && (
        <p class="unseen" role="status">
          {unseen.words}
        </p>
      )}
    </>
  )
}

const BEGINNING_BYTES = 4096

/** By the first bytes; undefined where they can't be had either. */
async function codecOf(src: string): Promise<'H.264' | 'H.265' | undefined> {
  const response = await fetch(src, { headers: { range: `bytes=0-${BEGINNING_BYTES - 1}` } }).catch(() => undefined)
  if (response?.ok !== true) return undefined
  return codecIn(new Uint8Array(await response.arrayBuffer()))
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
