import { useState } from 'preact/hooks'
import { exact } from '../model/format.ts'
import type { LogView } from '../model/types.ts'
import { PAGE_SIZE } from '../net/api.ts'
import { useApp, useChange } from './app.ts'
import { Loading, Trouble } from './words.tsx'

/** The camera's own log, newest part first; asked for only when somebody opens it. */
export function CameraLog({ camera }: { camera: string }) {
  const { api } = useApp()
  const load = useChange()
  const [logs, setLogs] = useState<readonly LogView[]>()
  const [isMore, setMore] = useState(false)
  const older = () =>
    load.run(async () => {
      const last = logs?.at(-1)
      const { logs: found } = await api.logs(camera, last && last.at + 1)
      // Several may share the last one's millisecond: they are asked for again, and each is shown once.
      const known = new Set(logs?.map(({ id }) => id))
      setLogs([...(logs ?? []), ...found.filter(({ id }) => !known.has(id))])
      setMore(found.length >= PAGE_SIZE)
    })
  const open = (isOpen: boolean) => {
    if (isOpen && logs === undefined && !load.busy) older()
  }
  return (
    <details class="camera-log" onToggle={(event) => open(event.currentTarget.open)}>
      <summary>The camera’s own log</summary>
      {load.error !== undefined && <Trouble>{load.error}</Trouble>}
      {logs === undefined && load.busy && <Loading what="log" />}
      {logs?.length === 0 && <p class="quiet">Nothing yet. Not every camera keeps a log that it shows.</p>}
      {logs?.map(({ id, at, lines }) => (
        <div key={id}>
          <p class="quiet">Read {exact(at)}</p>
          <pre>{lines.join('\n')}</pre>
        </div>
      ))}
      {isMore && (
        <button type="button" class="button small" aria-busy={load.busy} onClick={older}>
          Older lines
        </button>
      )}
    </details>
  )
}
