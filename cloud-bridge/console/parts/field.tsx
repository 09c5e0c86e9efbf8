import { useId } from 'preact/hooks'

type FieldProps = {
  readonly label: string
  readonly value: string
  readonly change: (value: string) => void
  readonly type?: 'text' | 'email' | 'password'
  readonly autocomplete: string
  readonly hint?: string | undefined
  readonly error?: string | undefined
  readonly class?: string
  readonly focus?: boolean
  readonly placeholder?: string
}

/** A labelled input with its hint, and its error in the hint's place. */
export function Field(props: FieldProps) {
  const id = useId()
  const note = props.error ?? props.hint
  const input = {
    id,
    value: props.value,
    autocomplete: props.autocomplete,
    autocapitalize: 'none',
    spellcheck: false,
    placeholder: props.placeholder,
    autofocus: props.focus ?? false,
    'aria-invalid': props.error !== undefined,
    'aria-describedby': note === undefined ? undefined : `${id}-note`,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => props.change(currentTarget.value),
  } as const
  return (
    <div class={`field ${props.class ?? ''}`}>
      <label for={id}>{props.label}</label>
      {props.type === 'password' ? (
        <input {...input} type="password" />
      ) : props.type === 'email' ? (
        <input {...input} type="email" />
      ) : (
        <input {...input} type="text" />
      )}
      {note !== undefined && (
        <p id={`${id}-note`} class={props.error === undefined ? 'field-hint' : 'field-error'}>
          {note}
        </p>
      )}
    </div>
  )
}
