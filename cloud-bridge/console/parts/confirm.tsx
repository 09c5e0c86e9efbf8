import { useId, useLayoutEffect, useRef } from 'preact/hooks'

type ConfirmProps = {
  readonly title: string
  readonly text: string
  readonly yes: string
  readonly busy: boolean
  readonly error: string | undefined
  readonly confirm: () => void
  readonly cancel: () => void
}

/** Asks before what cannot be undone. Escape and "Keep it" leave everything as it is. */
export function Confirm({ title, text, yes, busy, error, confirm, cancel }: ConfirmProps) {
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby={id} onClose={cancel}>
      <h2 id={id}>{title}</h2>
      <p>{text}</p>
      {error !== undefined && (
        <p class="trouble" role="alert">
          {error}
        </p>
      )}
      <div class="row end">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <button type="button" class="button danger" aria-busy={busy} onClick={confirm}>
          {yes}
        </button>
      </div>
    </dialog>
  )
}
