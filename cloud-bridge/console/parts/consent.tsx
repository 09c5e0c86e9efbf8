import type { CameraView, MediaKind } from '../model/types.ts'
import { MEDIA, nameOf } from '../model/words.ts'
import { Switch, useConsent } from './switch.tsx'
import { Ago, Trouble } from './words.tsx'

const KINDS = [
  { kind: 'snapshot', says: 'A still picture now and then, and at each event.' },
  { kind: 'clip', says: 'A short film around each event.' },
  { kind: 'live', says: 'What the camera sees now, only while you watch.' },
] as const

/** What may leave this camera, kind by kind, and who said so. */
export function Consent({ camera, cap }: { camera: CameraView; cap: boolean }) {
  const { busy, error, set } = useConsent(camera)
  const { kinds, changedAt, changedBy } = camera.consent
  const turn = (kind: MediaKind) => set(kinds.includes(kind) ? kinds.filter((k) => k !== kind) : [...kinds, kind])
  return (
    <section class="card" aria-labelledby="consent">
      <h2 id="consent">What may leave</h2>
      {KINDS.map(({ kind, says }) => (
        <div key={kind} class="consent-row">
          <div>
            <p class="consent-kind" aria-hidden="true">
              {MEDIA[kind].many}
            </p>
            <p class="quiet">{says}</p>
          </div>
          <Switch
            name={`${MEDIA[kind].many} from ${nameOf(camera.facts)}`}
            on={kinds.includes(kind)}
            busy={busy}
            turn={() => turn(kind)}
          />
        </div>
      ))}
      {error !== undefined && <Trouble>{error}</Trouble>}
      {cap && <p class="cap-note">Cap on at the box: nothing leaves, whatever is switched on here</p>}
      <p class="quiet consent-who">
        {changedAt === null ? (
          'Never switched on. Nothing leaves until you turn a switch.'
        ) : (
          <>
            Last changed {changedBy === null ? '' : `by ${changedBy} `}
            <Ago at={changedAt} />.
          </>
        )}
      </p>
    </section>
  )
}
