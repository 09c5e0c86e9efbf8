import { useState } from 'preact/hooks'
import { nextPath, setupToken } from '../model/router.ts'
import { checkSetup, PASSWORD_LENGTH_MIN, type SetupFields } from '../model/setup-form.ts'
import { useApp, useChange, useTitle } from '../parts/app.ts'
import { Field } from '../parts/field.tsx'
import { Door } from '../parts/shell.tsx'
import { Trouble } from '../parts/words.tsx'

/** Signs in, then goes where the person wanted to go. */
export function SignInPage() {
  useTitle('Sign in')
  const { api, store, go } = useApp()
  const { busy, error, run } = useChange()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const submit = (event: Event) => {
    event.preventDefault()
    run(async () => {
      if (username.trim() === '' || password === '') throw new Error('Enter your user name and your password.')
      const session = await api.signIn({ username: username.trim(), password })
      store.dispatch({ type: 'session', session })
      go(nextPath(location.search), 'replace')
    })
  }
  return (
    <Door title="Sign in" lead="Your cameras, how they are, and what may leave them.">
      <form class="card" onSubmit={submit} noValidate>
        {error !== undefined && <Trouble>{error}</Trouble>}
        <Field label="User name" value={username} change={setUsername} autocomplete="username" focus />
        <Field label="Password" type="password" value={password} change={setPassword} autocomplete="current-password" />
        <button type="submit" class="button primary" aria-busy={busy}>
          Sign in
        </button>
      </form>
      <p class="quiet door-foot">First start? Open the set-up link that the bridge printed.</p>
    </Door>
  )
}

const NOBODY: SetupFields = { name: '', email: '', username: '', password: '' }

/** Makes the account of a first start, with the one-time link's token. */
export function SetupPage() {
  useTitle('Set up')
  const token = setupToken(location.hash)
  if (token === '') {
    return (
      <Door title="Set up" lead="This page needs the one-time link that the bridge printed at its first start.">
        <a class="button" href="/signin">
          Sign in instead
        </a>
      </Door>
    )
  }
  return (
    <Door
      title="Welcome to Lenscap"
      lead="Make the account that owns this bridge. Every camera starts with its cap on."
    >
      <SetupForm token={token} />
    </Door>
  )
}

function SetupForm({ token }: { token: string }) {
  const { busy, error, field, submit } = useSetup(token)
  return (
    <form class="card" onSubmit={submit} noValidate>
      {error !== undefined && <Trouble>{error}</Trouble>}
      <Field label="Your name" autocomplete="name" focus {...field('name')} />
      <Field label="E-mail" type="email" autocomplete="email" {...field('email')} />
      <Field
        label="User name"
        autocomplete="username"
        hint="Lower-case letters, digits, dots, dashes."
        {...field('username')}
      />
      <Field
        label="Password"
        type="password"
        autocomplete="new-password"
        hint={`At least ${PASSWORD_LENGTH_MIN} characters.`}
        {...field('password')}
      />
      <button type="submit" class="button primary" aria-busy={busy}>
        Make the account
      </button>
    </form>
  )
}

/** The set-up form's fields, what is wrong with them, and how they are sent. */
function useSetup(token: string) {
  const { api, store, go } = useApp()
  const { busy, error, run } = useChange()
  const [fields, setFields] = useState(NOBODY)
  const [shown, setShown] = useState<ReturnType<typeof checkSetup>>({})
  const change = (name: keyof SetupFields) => (value: string) => {
    setFields((old) => ({ ...old, [name]: value }))
    setShown(({ [name]: _, ...others }) => others)
  }
  const submit = (event: Event) => {
    event.preventDefault()
    const wrong = checkSetup(fields)
    setShown(wrong)
    if (Object.keys(wrong).length > 0) return
    run(async () => {
      const { name, email, username, password } = fields
      const person = { name: name.trim(), email: email.trim(), username: username.trim() }
      const session = await api.setUp({ token, ...person, password })
      store.dispatch({ type: 'session', session })
      go('/', 'replace')
    })
  }
  const field = (name: keyof SetupFields) => ({ value: fields[name], change: change(name), error: shown[name] })
  return { busy, error, field, submit }
}
