import { useTitle } from '../parts/app.ts'
import { Empty } from '../parts/words.tsx'

/** For an address that leads nowhere. */
export function LostPage({ what }: { what: 'page' | 'camera' | 'box' }) {
  useTitle('Not found')
  return (
    <>
      <div class="page-head">
        <h1>There is no such {what}</h1>
      </div>
      <Empty title="Nothing is at this address">
        <p>It may have been removed, or it belongs to another account.</p>
        <a class="button" href="/">
          All cameras
        </a>
      </Empty>
    </>
  )
}
