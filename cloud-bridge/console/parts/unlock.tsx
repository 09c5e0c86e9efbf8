import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { readRecoveryCode, shortRecipient } from '../model/recovery-code.ts'
import { useApp, useChange } from './app.ts'
import { CodeFile, Keep } from './code-entry.tsx'
import { Field } from './field.tsx'

/** Asks for the recovery code, and takes it only if it is one that opens something here. `item`: what is to be opened. */
export function Unlock({ item, done }: { item: string | undefined; done: () => void }) {
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  const [code, setCode] = useState('')
  const [keep, setKeep] = useState(false)
  const { busy, error, run } = useChange()
  const unlock = useUnlock(item)
  useLayoutEffect(() => {
    dialog.current?.showModal()
  }, [])
  const submit = (event: Event) => {
    event.preventDefault()
    run(async () => {
      await unlock(code, keep)
      dialog.current?.close()
    })
  }
  return (
    <dialog ref={dialog} class="confirm unlock" aria-labelledby={id} onClose={done}>
      <h2 id={id}>Enter your recovery code</h2>
      <p>It is used in this browser alone, and not sent to the bridge.</p>
      <form onSubmit={submit} noValidate>
        <Field
          label="Recovery code"
          class="code-field recovery-field"
          value={code}
          change={setCode}
          autocomplete="off"
          hint="14 groups, as on your recovery sheet; case and spaces do not matter."
          error={error}
          focus
        />
        <CodeFile take={setCode} />
        <Keep keep={keep} change={setKeep} />
        <div class="row end">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Not now
          </button>
          <button type="submit" class="button primary" aria-busy={busy}>
            Unlock
          </button>
        </div>
      </form>
    </dialog>
  )
}

/** Takes a code into use. @throws Error in words, where it is none, or opens nothing here */
function useUnlock(item: string | undefined) {
  const { api, vault } = useApp()
  return async (typed: string, keep: boolean): Promise<void> => {
    const read = readRecoveryCode(typed)
    if ('problem' in read) throw new Error(read.problem)
    const { recipient, opens } = await vault.test(read.identity, item)
    const { recipients } = await api.privacy()
    if (!opens && !recipients.includes(recipient)) {
      throw new Error(
        `This is a recovery code, but of another key (${shortRecipient(recipient)}): it opens nothing here.`,
      )
    }
    await vault.add(read.identity, keep)
  }
}
