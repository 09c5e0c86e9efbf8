import type { CameraView, MediaKind } from '../model/types.ts'
import { useApp, useChange } from './app.ts'

type SwitchProps = {
  readonly name: string
  readonly on: boolean
  readonly busy: boolean
  readonly turn: () => void
}

/** A switch shows what the bridge has confirmed; on the way there it stands between. */
export function Switch({ name, on, busy, turn }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked={on}
      aria-label={name}
      aria-busy={busy}
      onClick={turn}
    >
      <span class="switch-knob" />
    </button>
  )
}

/** Turns a camera's kinds on or off with the bridge, and takes over its answer. */
export function useConsent(camera: CameraView) {
  const { api, store } = useApp()
  const { busy, error, run } = useChange()
  const set = (kinds: MediaKind[]) =>
    run(async () => {
      const consent = await api.setConsent(camera.id, kinds)
      store.dispatch({ type: 'consent', camera: camera.id, consent })
    })
  return { busy, error, set }
}
