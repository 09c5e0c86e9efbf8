import { useEffect, useState } from 'preact/hooks'
import { groupsOf, readGroup, readRecoveryCode } from '../model/recovery-code.ts'
import type { PrivacyView } from '../model/types.ts'
import { useApp, useChange } from './app.ts'
import { CodeFile, Keep } from './code-entry.tsx'
import { Field } from './field.tsx'
import { type NewKey, RecoverySheet } from './recovery-sheet.tsx'
import { Loading, Trouble } from './words.tsx'

type MakeKeyProps = {
  /** Those that count already, and go on to. */
  readonly recipients: readonly string[]
  readonly done: (view: PrivacyView) => void
  readonly cancel: () => void
}

/** Makes a key here, shows it, has its owner prove that they have it, and only then asks the bridge to count it. */
export function MakeKey({ recipients, done, cancel }: MakeKeyProps) {
  const { vault } = useApp()
  const { error, run } = useChange()
  const [made, setMade] = useState<NewKey & { readonly at: number }>()
  const [proven, setProven] = useState(false)
  useEffect(() => {
    run(async () => setMade({ ...(await vault.make()), at: Date.now() }))
  }, [vault])
  if (error !== undefined) return <Trouble>{error}</Trouble>
  if (made === undefined) return <Loading what="a new key" />
  return (
    <section class="card make-key" aria-labelledby="make">
      <h2 id="make">1. Keep this code</h2>
      <p class="no-print">
        It was made in this browser, just now, and is nowhere else. If it is lost, everything that is encrypted for it
        is lost for good: nobody can help, and we can’t either. Print it, or save it as a file, before you go on.
      </p>
      <RecoverySheet made={made} madeAt={made.at} />
      <h2 class="no-print">2. Show that you have it</h2>
      {proven ? (
        <p class="no-print proven" role="status">
          You have it.
        </p>
      ) : (
        <Proof made={made} proven={() => setProven(true)} />
      )}
      {proven && <SwitchOn made={made} recipients={recipients} done={done} />}
      <p class="no-print">
        <button type="button" class="link" onClick={cancel}>
          Leave everything as it is
        </button>
      </p>
    </section>
  )
}

/** The last group from the sheet, or the file. */
function Proof({ made, proven }: { made: NewKey; proven: () => void }) {
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState<string>()
  const submit = (event: Event) => {
    event.preventDefault()
    if (readGroup(typed) === groupsOf(made.identity).at(-1)) return proven()
    setWrong('That is not the last group of this code: look at your sheet again.')
  }
  const file = (text: string) => {
    const read = readRecoveryCode(text)
    if ('identity' in read && read.identity === made.identity) return proven()
    setWrong('That file does not have this code.')
  }
  return (
    <form class="no-print" onSubmit={submit} noValidate>
      <Field
        label="The last group of the code, from your sheet"
        class="code-field group-field"
        value={typed}
        change={(text) => {
          setWrong(undefined)
          setTyped(text)
        }}
        autocomplete="off"
        hint="Six letters and digits."
        error={wrong}
      />
      <CodeFile take={file} />
      <button type="submit" class="button">
        Go on
      </button>
    </form>
  )
}

function SwitchOn({ made, recipients, done }: { made: NewKey } & Pick<MakeKeyProps, 'recipients' | 'done'>) {
  const { api, vault } = useApp()
  const { busy, error, run } = useChange()
  const [password, setPassword] = useState('')
  const [keep, setKeep] = useState(false)
  const submit = (event: Event) => {
    event.preventDefault()
    run(async () => {
      if (password === '') throw new Error('Enter your password.')
      const view = await api.setPrivacy([...recipients, made.recipient], password)
      await vault.add(made.identity, keep)
      done(view)
    })
  }
  return (
    <form class="no-print" onSubmit={submit} noValidate>
      <h2>3. Switch it on</h2>
      <Field
        label="Your password, once more"
        type="password"
        value={password}
        change={setPassword}
        autocomplete="current-password"
        error={error}
      />
      <Keep keep={keep} change={setKeep} />
      <button type="submit" class="button primary" aria-busy={busy}>
        {recipients.length === 0 ? 'From now on, only I can look' : 'Add this key'}
      </button>
    </form>
  )
}
