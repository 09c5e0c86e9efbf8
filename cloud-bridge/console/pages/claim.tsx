import { useState } from 'preact/hooks'
import type { TakeClaimResult } from '../../web/api.ts'
import { formatCode, isWholeCode } from '../model/claim-code.ts'
import { useApp, useChange, useTitle } from '../parts/app.ts'
import { Field } from '../parts/field.tsx'

/** Takes a box into the account by the code that it shows. */
export function ClaimPage() {
  useTitle('Add a box')
  const [taken, take] = useState<TakeClaimResult>()
  return (
    <>
      <div class="page-head">
        <div>
          <h1>Add a box</h1>
          <p class="quiet">Start the agent on the box. It shows a code for you to enter here.</p>
        </div>
      </div>
      {taken === undefined ? <CodeForm take={take} /> : <Taken name={taken.name} another={() => take(undefined)} />}
    </>
  )
}

function CodeForm({ take }: { take: (taken: TakeClaimResult) => void }) {
  const { api, store } = useApp()
  const { busy, error, run } = useChange()
  const [code, setCode] = useState('')
  const [wrong, setWrong] = useState<string>()
  const submit = (event: Event) => {
    event.preventDefault()
    if (!isWholeCode(code)) return setWrong('The code has 13 letters and digits: XXXX-XXXX-XXXXX.')
    run(async () => {
      const taken = await api.takeClaim(code)
      store.dispatch({ type: 'overview', overview: await api.overview() })
      take(taken)
    })
  }
  return (
    <form class="card narrow" onSubmit={submit} noValidate>
      <Field
        label="Code on the box"
        class="code-field"
        value={code}
        change={(typed) => {
          setWrong(undefined)
          setCode(formatCode(typed))
        }}
        autocomplete="one-time-code"
        placeholder="XXXX-XXXX-XXXXX"
        hint="Letters and digits; case and dashes do not matter. It is valid for a few minutes."
        error={wrong ?? error}
        focus
      />
      <button type="submit" class="button primary" aria-busy={busy}>
        Add this box
      </button>
    </form>
  )
}

function Taken({ name, another }: { name: string; another: () => void }) {
  return (
    <div class="card done" role="status">
      <p class="done-title">{name} is yours</p>
      <p class="quiet">Its cameras appear within seconds. Every switch is off: nothing leaves until you turn one.</p>
      <p class="row">
        <a class="button primary" href="/">
          See the cameras
        </a>
        <button type="button" class="button" onClick={another}>
          Add another box
        </button>
      </p>
    </div>
  )
}
