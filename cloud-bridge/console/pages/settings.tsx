import { useEffect, useState } from 'preact/hooks'
import { count, day } from '../model/format.ts'
import { LOOKING_PATH } from '../model/router.ts'
import type { HeldView, PrivacyView } from '../model/types.ts'
import { advice, EXPORT_PATH } from '../net/api.ts'
import { useApp, useChange, useSelect, useTitle } from '../parts/app.ts'
import { Rows } from '../parts/facts.tsx'
import { Field } from '../parts/field.tsx'
import { Held } from '../parts/held.tsx'
import { Loading, Trouble } from '../parts/words.tsx'

/** Who you are here, what is held about you, and how to take it away or have it erased. */
export function SettingsPage() {
  useTitle('Settings')
  const { api } = useApp()
  const [held, setHeld] = useState<HeldView>()
  const [privacy, setPrivacy] = useState<PrivacyView>()
  const [error, setError] = useState<string>()
  useEffect(() => {
    const failed = (failure: unknown) => setError(advice(failure))
    api.held().then(setHeld, failed)
    api.privacy().then(setPrivacy, failed)
  }, [api])
  return (
    <>
      <div class="page-head">
        <div>
          <h1>Settings</h1>
          <p class="quiet">Who you are here, and what is held about you.</p>
        </div>
      </div>
      {error !== undefined && <Trouble>{error}</Trouble>}
      {held === undefined && error === undefined && <Loading what="what is held" />}
      {held !== undefined && (
        <div class="settings box">
          <div class="settings-you">
            <You held={held} />
            <Looking privacy={privacy} />
          </div>
          <section class="card settings-held" aria-labelledby="held">
            <h2 id="held">What is held about you</h2>
            <Held held={held} caption="What is held about you" />
            <p class="quiet export-words">
              All of it as one archive (tar): JSON for the records, JPEG and MP4 for the media, and every turn of a
              switch. What is encrypted for your own keys stays so (.lenscap); the README in it says how to open it.
            </p>
            <a class="button" href={EXPORT_PATH} download>
              Export everything
            </a>
          </section>
          <Erase held={held} />
        </div>
      )}
    </>
  )
}

function You({ held }: { held: HeldView }) {
  const session = useSelect((state) => state.session)
  if (typeof session === 'string') return null
  return (
    <section class="card" aria-labelledby="you">
      <h2 id="you">You</h2>
      <Rows
        caption="You"
        quiet
        rows={[
          ['Name', session.name],
          ['User name', session.username],
          ['E-mail', held.account.email],
          ['Account since', day(held.account.createdAt)],
          ['Signed in', count(held.sessions, 'browser')],
        ]}
      />
    </section>
  )
}

/** In one sentence; the page behind says it all. */
function Looking({ privacy }: { privacy: PrivacyView | undefined }) {
  return (
    <section class="card" aria-labelledby="looking">
      <h2 id="looking">Who can look</h2>
      <p>
        {privacy?.mode === 'private'
          ? 'Only you: snapshots and clips are encrypted for keys that you alone hold.'
          : 'You, and the bridge: it has the key to your snapshots and clips, to show them to you.'}
      </p>
      <p class="settings-more">
        <a class="button" href={LOOKING_PATH}>
          {privacy?.mode === 'private' ? 'Keys and recovery' : 'What that means, and private mode'}
        </a>
      </p>
    </section>
  )
}

/** Everything goes: said in full, and only with the password once more. */
function Erase({ held }: { held: HeldView }) {
  const { api, store, vault, go } = useApp()
  const { busy, error, run } = useChange()
  const [password, setPassword] = useState('')
  const submit = (event: Event) => {
    event.preventDefault()
    run(async () => {
      if (password === '') throw new Error('Enter your password.')
      const receipt = await api.erase(password)
      for (const { recipient } of vault.get().keys) await vault.forget(recipient)
      go('/erased', 'replace')
      store.dispatch({ type: 'erased', receipt })
    })
  }
  return (
    <section class="card settings-erase" aria-labelledby="erase">
      <h2 id="erase">Delete everything</h2>
      <p>For good, at once, with no copy kept:</p>
      <ul class="erase-list">
        <li>all snapshots and clips, and what is just being sent</li>
        <li>all events, logs, activity, and the history of your switches</li>
        <li>
          {count(held.boxes, 'box', 'boxes')} and {count(held.cameras, 'camera')}: their permissions end and they can no
          longer send anything
        </li>
        <li>your account and its keys; every browser is signed out</li>
      </ul>
      <form onSubmit={submit} noValidate>
        <Field
          label="Your password, once more"
          type="password"
          value={password}
          change={setPassword}
          autocomplete="current-password"
          error={error}
        />
        <button type="submit" class="button danger" aria-busy={busy}>
          {busy ? 'Deleting …' : 'Delete everything'}
        </button>
      </form>
    </section>
  )
}
