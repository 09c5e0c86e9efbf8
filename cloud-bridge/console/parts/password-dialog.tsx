import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { PrivacyView } from '../model/types.ts'
import { useApp, useChange } from './app.ts'
import { Field } from './field.tsx'

type PasswordDialogProps = {
  readonly title: string
  readonly yes: string
  /** What is to count from then on. */
  readonly recipients: readonly string[]
  /** What is wrong with what was entered above the password. */
  readonly check?: () => string | undefined
  readonly changed: (view: PrivacyView) => void
  readonly done: () => void
  readonly children: ComponentChildren
}

/** Changes who can look, with the password once more. */
export function PasswordDialog({ title, yes, recipients, check, changed, done, children }: PasswordDialogProps) {
  const id = useId()
  const { api } = useApp()
  const { busy, error, run } = useChange()
  const dialog = useRef<HTMLDialogElement>(null)
  const [password, setPassword] = useState('')
  useLayoutEffect(() => {
    dialog.current?.showModal()
  }, [])
  const submit = (event: Event) => {
    event.preventDefault()
    run(async () => {
      const wrong = check?.()
      if (wrong !== undefined) throw new Error(wrong)
      if (password === '') throw new Error('Enter your password.')
      changed(await api.setPrivacy(recipients, password))
      dialog.current?.close()
    })
  }
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby={id} onClose={done}>
      <h2 id={id}>{title}</h2>
      <form onSubmit={submit} noValidate>
        {children}
        <Field
          label="Your password, once more"
          type="password"
          value={password}
          change={setPassword}
          autocomplete="current-password"
          error={error}
        />
        <div class="row end">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Keep it as it is
          </button>
          <button type="submit" class="button primary" aria-busy={busy}>
            {yes}
          </button>
        </div>
      </form>
    </dialog>
  )
}
