import { useEffect, useState } from 'preact/hooks'
import { bytes, whole } from '../model/format.ts'
import { differenceWords, verdictWords } from '../model/ledger-words.ts'
import type { AgentView, LedgerView, Overview } from '../model/types.ts'
import { MEDIA, nameOf } from '../model/words.ts'
import { useApp, useChange } from './app.ts'
import { Ago, Loading, Trouble } from './words.tsx'

/** What the box's ledger says of media that left, beside what the bridge received; read when the page opens, and on wish. */
export function Ledger({ agent, overview }: { agent: AgentView; overview: Overview }) {
  const { api } = useApp()
  const { busy, error, run } = useChange()
  const [view, setView] = useState<LedgerView>()
  const compare = () => run(async () => setView(await api.ledger(agent.id)))
  useEffect(compare, [agent.id])
  const camera = (id: string) => {
    const found = overview.cameras.find((each) => each.id === id && each.agent === agent.id)
    return found === undefined ? 'A camera that is gone' : nameOf(found.facts)
  }
  return (
    <div class="ledger">
      {error !== undefined && <Trouble>{error}</Trouble>}
      {view === undefined ? busy && <Loading what="ledger" /> : <Books view={view} camera={camera} />}
      <p class="ledger-foot">
        <button type="button" class="button small" aria-busy={busy} onClick={compare}>
          Compare again
        </button>
        {view?.head && (
          <span class="quiet">
            The ledger’s row {whole(view.head.n)}, told <Ago at={view.head.toldAt} />:{' '}
            <code title={view.head.hash}>{view.head.hash.slice(0, 16)}…</code>
          </span>
        )}
      </p>
    </div>
  )
}

function Books({ view, camera }: { view: LedgerView; camera: (id: string) => string }) {
  return (
    <>
      <p class={view.differing > 0 ? 'trouble-words' : ''} role="status">
        {verdictWords(view)}
      </p>
      {view.scopes.length > 0 && <Sums view={view} camera={camera} />}
      {view.differences.length > 0 && (
        <ul class="differences" aria-label="Differences">
          {view.differences.map((difference) => {
            const { title, about, meaning } = differenceWords(difference)
            const { kind, at, item, media, rows } = difference
            const of = difference.camera === null ? '' : `, ${camera(difference.camera)}`
            return (
              <li key={`${kind} ${item ?? rows?.[0]}`}>
                <span class="difference-title">
                  <strong>{title}</strong> · {media === null ? '' : `${MEDIA[media].one} · `}
                  {about}
                  {of} · <Ago at={at} />
                </span>
                <span class="quiet">{meaning}</span>
              </li>
            )
          })}
        </ul>
      )}
    </>
  )
}

function Sums({ view, camera }: { view: LedgerView; camera: (id: string) => string }) {
  return (
    <div class="profiles-frame">
      <table class="facts profiles ledger-sums">
        <caption>The last 30 days</caption>
        <thead>
          <tr>
            <th scope="col">Camera</th>
            <th scope="col">Kind</th>
            <th scope="col">Left, says the box</th>
            <th scope="col">Arrived, says the bridge</th>
          </tr>
        </thead>
        <tbody>
          {view.scopes.map(({ camera: id, kind, left, received }) => (
            <tr key={`${id} ${kind}`}>
              <td>{camera(id)}</td>
              <td>{MEDIA[kind].many}</td>
              <td class="number">{`${whole(left.items)} · ${bytes(left.bytes)}`}</td>
              <td class="number">{`${whole(received.items)} · ${bytes(received.bytes)}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
