import { bytes, count, whole } from '../model/format.ts'
import type { HeldView } from '../model/types.ts'
import { MEDIA } from '../model/words.ts'
import { type Row, Rows } from './facts.tsx'

/** What is held, kind by kind. */
export function Held({ held, caption }: { held: HeldView; caption: string }) {
  const media = (['snapshot', 'clip'] as const).map((kind): Row => {
    const { items, bytes: size } = held.media.find((entry) => entry.kind === kind) ?? { items: 0, bytes: 0 }
    return [MEDIA[kind].many, items === 0 ? 'none' : `${whole(items)} · ${bytes(size)}`]
  })
  return (
    <Rows
      caption={caption}
      quiet
      rows={[
        ...media,
        ['Events', whole(held.events)],
        ['Camera logs', whole(held.logs)],
        ['Activity', `${count(held.activity, 'entry', 'entries')}`],
        ['Boxes', whole(held.boxes)],
        ['Cameras', whole(held.cameras)],
        ['Switch history', count(held.consentChanges, 'change')],
      ]}
    />
  )
}
