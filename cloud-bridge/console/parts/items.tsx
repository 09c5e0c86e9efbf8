import { useState } from 'preact/hooks'
import { bytes, clock, day, duration, exact } from '../model/format.ts'
import { posterOf, type Shown } from '../model/poster.ts'
import type { CameraView, ItemView } from '../model/types.ts'
import { MEDIA, nameOf } from '../model/words.ts'
import { useApp, useChange } from './app.ts'
import { Confirm } from './confirm.tsx'
import { Download, fileName } from './download.tsx'
import { Glyph } from './glyphs.tsx'
import { Still } from './media.tsx'
import { Empty } from './words.tsx'

type ItemsProps = {
  readonly camera: CameraView
  readonly items: readonly ItemView[]
  readonly shown: string | undefined
  readonly show: (item: ItemView) => void
}

/** All that is held of a camera: look, play, download, delete. */
export function Items({ camera, items, shown, show }: ItemsProps) {
  const [doomed, doom] = useState<ItemView>()
  if (items.length === 0) {
    return (
      <Empty title="Nothing held">
        <p>
          {camera.consent.kinds.length === 0
            ? 'Nothing leaves this camera while its switches are off.'
            : 'The first snapshot or clip appears here as it arrives.'}
        </p>
      </Empty>
    )
  }
  return (
    <>
      <ul class="items">
        {items.map((item) => (
          <Item
            key={item.id}
            item={item}
            poster={item.kind === 'clip' ? posterOf(item, items) : undefined}
            name={nameOf(camera.facts)}
            shown={item.id === shown}
            show={() => show(item)}
            remove={() => doom(item)}
          />
        ))}
      </ul>
      {doomed !== undefined && <Remove item={doomed} done={() => doom(undefined)} />}
    </>
  )
}

type ItemProps = {
  item: ItemView
  poster: Shown | undefined
  name: string
  shown: boolean
  show: () => void
  remove: () => void
}

function Item({ item, poster, name, shown, show, remove }: ItemProps) {
  const what = MEDIA[item.kind].one
  const when = `${day(item.takenAt)}, ${clock(item.takenAt)}`
  return (
    <li class="item" data-testid="item" data-kind={item.kind} data-item={item.id}>
      <button
        type="button"
        class="item-view"
        aria-pressed={shown}
        aria-label={`Show ${what.toLowerCase()} of ${when}${item.kind === 'clip' ? `, ${duration(item.durationMs)}` : ''}`}
        onClick={show}
      >
        {item.kind === 'snapshot' ? (
          <Still of={item} alt="" lazy small />
        ) : (
          <>
            {poster !== undefined && <Still of={poster} alt="" lazy small />}
            <span class={`item-clip ${poster === undefined ? '' : 'over'}`}>
              <Glyph name="play" />
              {duration(item.durationMs)}
            </span>
          </>
        )}
      </button>
      <div class="item-words">
        <p title={exact(item.takenAt)}>
          {what} <span class="quiet">· {clock(item.takenAt)}</span>
        </p>
        <p class="quiet">
          {bytes(item.bytes)}
          {item.reason !== '' && ` · ${item.reason}`}
        </p>
        <p class="item-acts">
          <Download item={item} name={fileName(name, item)} words={`${what.toLowerCase()} of ${when}`} />
          <button type="button" class="link" aria-label={`Delete ${what.toLowerCase()} of ${when}`} onClick={remove}>
            Delete
          </button>
        </p>
      </div>
    </li>
  )
}

function Remove({ item, done }: { item: ItemView; done: () => void }) {
  const { api, store } = useApp()
  const { busy, error, run } = useChange()
  const remove = () =>
    run(async () => {
      await api.deleteItem(item.id)
      store.dispatch({ type: 'item-deleted', item: item.id, camera: item.camera })
      done()
    })
  return (
    <Confirm
      title={`Delete this ${MEDIA[item.kind].one.toLowerCase()}?`}
      text={`It was taken on ${day(item.takenAt)} at ${clock(item.takenAt)}. It is gone for good: there is no copy.`}
      yes="Delete"
      busy={busy}
      error={error}
      confirm={remove}
      cancel={done}
    />
  )
}
