import { useState } from 'preact/hooks'
import { bytes, count } from '../model/format.ts'
import { cameraPath } from '../model/router.ts'
import type { CameraView } from '../model/types.ts'
import { makerAndModel, nameOf } from '../model/words.ts'
import { useApp, useChange } from './app.ts'
import { Confirm } from './confirm.tsx'
import { Ago } from './words.tsx'

/** Cameras that their boxes have forgotten: what is held of them is there until it is removed. */
export function Forgotten({ cameras }: { cameras: readonly CameraView[] }) {
  if (cameras.length === 0) return null
  return (
    <section class="card forgotten" aria-labelledby="forgotten" data-testid="forgotten">
      <h2 id="forgotten">Forgotten</h2>
      <p class="quiet">
        Their boxes do not know these cameras any more. What is held of them stays until you remove it.
      </p>
      <ul>
        {cameras.map((camera) => (
          <li key={camera.id}>
            <p>
              <a href={cameraPath(camera.id)}>{nameOf(camera.facts)}</a>
              <span class="quiet">
                {` · ${makerAndModel(camera.facts)} · forgotten `}
                <Ago at={camera.forgottenAt ?? 0} />
              </span>
            </p>
            <Remove camera={camera} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** In the place of its switches and its health, on the page of one. */
export function ForgottenCard({ camera, at }: { camera: CameraView; at: number }) {
  return (
    <section class="card forgotten-card" aria-labelledby="forgotten">
      <h2 id="forgotten">Forgotten</h2>
      <p>
        Its box forgot this camera <Ago at={at} />. Nothing more comes from it.
      </p>
      <p class="quiet">If it answers again, the box finds it as a new camera, with every switch off.</p>
      <Remove camera={camera} />
    </section>
  )
}

function Remove({ camera }: { camera: CameraView }) {
  const { api, store, go } = useApp()
  const { busy, error, run } = useChange()
  const [asks, ask] = useState(false)
  const name = nameOf(camera.facts)
  const { items, bytes: size } = camera.held
  const media = items === 0 ? '' : `${count(items, 'item')} of media (${bytes(size)}), `
  const remove = () =>
    run(async () => {
      await api.removeCamera(camera.id)
      go('/', 'replace')
      store.dispatch({ type: 'camera-removed', camera: camera.id })
    })
  return (
    <>
      <button type="button" class="button small" onClick={() => ask(true)} aria-label={`Remove ${name}`}>
        Remove
      </button>
      {asks && (
        <Confirm
          title={`Remove ${name}?`}
          text={`All that is held of it is deleted for good: ${media}its events, its log and what you allowed.`}
          yes="Remove it"
          busy={busy}
          error={error}
          confirm={remove}
          cancel={() => ask(false)}
        />
      )}
    </>
  )
}
