import { useEffect, useState } from 'preact/hooks'
import { exact } from '../model/format.ts'
import type { CameraView } from '../model/types.ts'
import { MEDIA, nameOf } from '../model/words.ts'
import { contentPath } from '../net/api.ts'
import { Glyph } from './glyphs.tsx'
import { Ago } from './words.tsx'

type PictureProps = {
  readonly camera: CameraView
  /** The cap is on at the box: nothing leaves, whatever the switches say. */
  readonly cap: boolean
}

/** What a camera's frame shows: its newest snapshot if its owner lets snapshots leave, otherwise the cap. */
export function Picture({ camera, cap }: PictureProps) {
  const { picture, consent } = camera
  const [broken, setBroken] = useState<string>()
  const id = picture?.id
  useEffect(() => setBroken(undefined), [id])
  if (cap || consent.kinds.length === 0) {
    return (
      <div class="frame capped">
        <Glyph name="cap" />
        <p class="frame-title">Cap on</p>
        <p class="quiet">{cap ? 'Put on at the box' : 'No picture leaves this camera'}</p>
      </div>
    )
  }
  if (picture === null || broken === picture.id || !consent.kinds.includes('snapshot')) {
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
      <img
        src={contentPath(picture.id)}
        alt={`${nameOf(camera.facts)}, ${exact(picture.takenAt)}`}
        decoding="async"
        onError={() => setBroken(picture.id)}
      />
      <span class="frame-time">
        <Ago at={picture.takenAt} />
      </span>
    </div>
  )
}
