import { useState } from 'preact/hooks'
import { isRecipient, shortRecipient } from '../model/recovery-code.ts'
import type { PrivacyView } from '../model/types.ts'
import type { VaultState } from '../vault/vault.ts'
import { useApp } from './app.ts'
import { Field } from './field.tsx'
import { PasswordDialog } from './password-dialog.tsx'
import { Unlock } from './unlock.tsx'

const KEYS_MAX = 8

type KeysProps = {
  readonly view: PrivacyView
  readonly state: VaultState
  readonly changed: (view: PrivacyView) => void
  /** Makes one more key. */
  readonly make: () => void
}

/** For whom is encrypted from now on: shown, added, removed. */
export function PrivateKeys({ view, state, changed, make }: KeysProps) {
  const { recipients } = view
  const [doomed, doom] = useState<string>()
  const [adding, setAdding] = useState(false)
  const full = recipients.length >= KEYS_MAX
  return (
    <section class="card" aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      <p class="quiet">
        Each snapshot, clip and live view from now on can be opened with any of these, and with nothing else. At most{' '}
        {KEYS_MAX}.
      </p>
      <ul class="keys" data-testid="keys">
        {recipients.map((recipient) => (
          <li key={recipient}>
            <div>
              <code title={recipient}>{shortRecipient(recipient)}</code>
              <p class="quiet">{whereWords(state, recipient)}</p>
            </div>
            {recipients.length > 1 && (
              <button type="button" class="link" onClick={() => doom(recipient)}>
                Remove
              </button>
            )}
          </li>
        ))}
      </ul>
      <p class="row">
        <button type="button" class="button" disabled={full} onClick={make}>
          Make another key
        </button>
        <button type="button" class="button" disabled={full} onClick={() => setAdding(true)}>
          Add somebody’s public key
        </button>
      </p>
      {doomed !== undefined && (
        <PasswordDialog
          title={`Remove ${shortRecipient(doomed)}?`}
          yes="Remove"
          recipients={recipients.filter((each) => each !== doomed)}
          changed={changed}
          done={() => doom(undefined)}
        >
          <p>
            What comes from now on can’t be opened with it. What came until now still can: that can’t be taken back from
            whoever has it. Keep its code as long as you want to look at that with it.
          </p>
        </PasswordDialog>
      )}
      {adding && <AddKey recipients={recipients} changed={changed} done={() => setAdding(false)} />}
    </section>
  )
}

function whereWords({ keys }: VaultState, recipient: string): string {
  const held = keys.find((key) => key.recipient === recipient)
  if (held === undefined) return 'not in this browser'
  return held.kept ? 'in this browser, remembered' : 'in this browser, until you leave the page'
}

type AddProps = Pick<KeysProps, 'changed'> & { readonly recipients: readonly string[]; readonly done: () => void }

/** Of another person, or of an age program: only its public half comes here. */
function AddKey({ recipients, changed, done }: AddProps) {
  const [text, setText] = useState('')
  const recipient = text.trim().toLowerCase()
  const wrong = () => {
    if (/^age-secret-key/i.test(recipient)) return 'This is a secret key. Enter the public one, age1…'
    if (!isRecipient(recipient)) return 'A public key has 62 characters and begins with age1.'
    return recipients.includes(recipient) ? 'This key counts already.' : undefined
  }
  return (
    <PasswordDialog
      title="Add somebody’s public key"
      yes="Add"
      recipients={[...recipients, recipient]}
      check={wrong}
      changed={changed}
      done={done}
    >
      <p>Whoever has the secret half can open what comes from now on, if they get at the encrypted files.</p>
      <Field label="Public key" value={text} change={setText} autocomplete="off" placeholder="age1…" />
    </PasswordDialog>
  )
}

/** What this browser can open now. */
export function ThisBrowser({ state, recipients }: { state: VaultState; recipients: readonly string[] }) {
  const { vault } = useApp()
  const [asking, ask] = useState(false)
  if (state.status === 'unavailable') return <p class="cap-note">{state.why}</p>
  const opens = state.keys.some(({ recipient }) => recipients.includes(recipient))
  return (
    <section class="card" aria-labelledby="browser">
      <h2 id="browser">This browser</h2>
      <p role="status">{browserWords(state, opens)}</p>
      {state.keys.length > 0 && (
        <ul class="keys">
          {state.keys.map(({ recipient, kept }) => (
            <li key={recipient}>
              <div>
                <code title={recipient}>{shortRecipient(recipient)}</code>
                <p class="quiet">
                  {kept ? 'remembered' : 'until you leave the page'}
                  {!recipients.includes(recipient) && ' · opens what came before only'}
                </p>
              </div>
              <button
                type="button"
                class="link"
                onClick={() => {
                  vault.forget(recipient).catch(() => undefined)
                }}
              >
                Forget here
              </button>
            </li>
          ))}
        </ul>
      )}
      <p class="row">
        <button type="button" class="button" disabled={state.status !== 'ready'} onClick={() => ask(true)}>
          Enter a recovery code
        </button>
      </p>
      {asking && <Unlock item={undefined} done={() => ask(false)} />}
    </section>
  )
}

function browserWords({ status, keys }: VaultState, opens: boolean): string {
  if (status !== 'ready') return 'Looking for keys …'
  if (keys.length === 0) return 'This browser has no key: it shows no snapshot and no clip.'
  return opens ? 'This browser can look.' : 'This browser can look at what came before, not at what comes now.'
}
