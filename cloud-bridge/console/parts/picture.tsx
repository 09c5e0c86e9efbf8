import { exact } from '../model/format.ts'
import type { CameraView } from '../model/types.ts'
import { MEDIA, nameOf } from '../model/words.ts'
import { Glyph } from './glyphs.tsx'
import { Still } from './media.tsx'
import { Ago } from './words.tsx'

type PictureProps = {
  readonly camera: CameraView
  /** The cap is on at the box: nothing leaves, whatever the switches say. */
  readonly cap: boolean
}

/** What a camera's frame shows: its newest snapshot if its owner lets snapshots leave, otherwise the cap. */
export function Picture({ camera, cap }: PictureProps) {
  const { picture, consent } = camera
  if (cap || consent.kinds.length === 0) {
    return (
      <div class="frame capped">
        <Glyph name="cap" />
        <p class="frame-title">Cap on</p>
        <p class="quiet">{cap ? 'Put on at the box' : 'No picture leaves this camera'}</p>
      </div>
    )
  }
  if (picture === null || !consent.kinds.includes('snapshot')) {
    return (
      <div class="frame uncapped">
        <Glyph name="lens" />
        <p class="frame-title">Cap off</p>
        <p class="quiet">
          {consent.kinds.includes('snapshot')
            ? 'Waiting for the first snapshot'
            : `${MEDIA[consent.kinds[0] ?? 'clip'].many} only`}
        </p>
      </div>
    )
  }
  return (
    <div class="frame">
      <Still key={picture.id} of={picture} alt={`${nameOf(camera.facts)}, ${exact(picture.takenAt)}`} />
      <span class="frame-time">
        <Ago at={picture.takenAt} />
      </span>
    </div>
  )
}
