import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { PrivacyView } from '../model/types.ts'
import { advice } from '../net/api.ts'
import { useApp, useTitle } from '../parts/app.ts'
import { Glyph } from '../parts/glyphs.tsx'
import { MakeKey } from '../parts/make-key.tsx'
import { useVault } from '../parts/media.tsx'
import { PasswordDialog } from '../parts/password-dialog.tsx'
import { PrivateKeys, ThisBrowser } from '../parts/private-keys.tsx'
import { Loading, Trouble } from '../parts/words.tsx'

/** Who can look at snapshots and clips: said plainly, and changed here. */
export function LookingPage() {
  useTitle('Who can look')
  const { api } = useApp()
  const [view, setView] = useState<PrivacyView>()
  const [error, setError] = useState<string>()
  useEffect(() => {
    api.privacy().then(setView, (failure: unknown) => setError(advice(failure)))
  }, [api])
  return (
    <>
      <div class="page-head no-print">
        <div>
          <p class="crumb quiet">
            <a href="/settings">Settings</a>
          </p>
          <h1>Who can look</h1>
          <p class="quiet">Who is able to see your snapshots and clips, once they have left your cameras.</p>
        </div>
      </div>
      {error !== undefined && <Trouble>{error}</Trouble>}
      {view === undefined ? error === undefined && <Loading what="your keys" /> : <Looking view={view} set={setView} />}
    </>
  )
}

function Looking({ view, set }: { view: PrivacyView; set: (view: PrivacyView) => void }) {
  const [making, make] = useState(false)
  const isPrivate = view.mode === 'private'
  const state = useVault(isPrivate || making)
  const changed = (next: PrivacyView) => {
    set(next)
    make(false)
    window.scrollTo(0, 0)
  }
  return (
    <div class="looking">
      <Now isPrivate={isPrivate} />
      {making && state.status === 'unavailable' && <Trouble>{state.why}</Trouble>}
      {making && state.status === 'ready' && (
        <MakeKey recipients={view.recipients} done={changed} cancel={() => make(false)} />
      )}
      {isPrivate && !making && (
        <>
          <ThisBrowser state={state} recipients={view.recipients} />
          <PrivateKeys view={view} state={state} changed={changed} make={() => make(true)} />
        </>
      )}
      {!making && <Modes isPrivate={isPrivate} changed={changed} make={() => make(true)} />}
    </div>
  )
}

function Now({ isPrivate }: { isPrivate: boolean }) {
  return (
    <section
      class="card looking-now no-print"
      aria-labelledby="now"
      data-testid="mode"
      data-mode={isPrivate ? 'private' : 'standard'}
    >
      <Glyph name={isPrivate ? 'lock' : 'lens'} />
      <div>
        <h2 id="now">{isPrivate ? 'Now: only you can look' : 'Now: you can look, and the bridge can'}</h2>
        <p>
          {isPrivate
            ? 'Your boxes encrypt each snapshot and clip for keys that only you hold. The bridge keeps them, and can’t open them.'
            : 'Your boxes encrypt each snapshot and clip for a key that the bridge keeps. It opens them to show them to you. It could look itself, and so could whoever runs it.'}
        </p>
      </div>
    </section>
  )
}

type ModesProps = {
  readonly isPrivate: boolean
  readonly changed: (view: PrivacyView) => void
  readonly make: () => void
}

/** Both ways, with what each one costs, and the way from the one to the other. */
function Modes({ isPrivate, changed, make }: ModesProps) {
  const [leaving, leave] = useState(false)
  return (
    <div class="modes no-print">
      <section class="card" aria-labelledby="standard">
        <h2 id="standard">Standard</h2>
        <Points points={STANDARD} />
        {isPrivate && (
          <button type="button" class="button" onClick={() => leave(true)}>
            Let the bridge look again
          </button>
        )}
      </section>
      <section class="card" aria-labelledby="private">
        <h2 id="private">Private</h2>
        <Points points={PRIVATE} />
        {!isPrivate && (
          <button type="button" class="button primary" onClick={make}>
            Make it private …
          </button>
        )}
      </section>
      {leaving && (
        <PasswordDialog
          title="Let the bridge look again?"
          yes="Let it look"
          recipients={[]}
          changed={changed}
          done={() => leave(false)}
        >
          <p>
            What comes from now on, the bridge can open. What came until now stays encrypted for your keys alone: the
            bridge can’t open it, now or later. Keep your recovery code as long as you want to look at it.
          </p>
        </PasswordDialog>
      )}
    </div>
  )
}

const STANDARD = [
  'You sign in, in any browser, and see your media.',
  'The bridge can look, too. What it does with that is to show them to you.',
  'A stolen disk shows nothing without the bridge’s key file; whoever has both can look.',
]

/** The third is what must not be missed. */
const PRIVATE = [
  'A key is made in your browser. Its secret half never reaches the bridge, which can’t look.',
  'Each other browser asks for your recovery code.',
  <strong key="lost">
    If the code is lost, your media are lost for good: nobody can open them, and nobody can make it anew.
  </strong>,
  'The bridge can’t put a picture into a message to you, nor check that one is whole: your browser does.',
  'The bridge still knows when, how much and of which camera, and all that is no picture: events, logs.',
  'This page comes from the bridge, too. Whoever runs it could one day send a page that keeps your code. If that is your worry, open the encrypted files with an age program of your own.',
]

function Points({ points }: { points: readonly ComponentChildren[] }) {
  return (
    <ul class="points">
      {points.map((point, i) => (
        <li key={i}>{point}</li>
      ))}
    </ul>
  )
}
