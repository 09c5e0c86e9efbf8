import { useId } from 'preact/hooks'

const FILE_BYTES_MAX = 10_000

/** A recovery file in place of typing: read here, sent nowhere. */
export function CodeFile({ take }: { take: (text: string) => void }) {
  const id = useId()
  const read = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    const [file] = currentTarget.files ?? []
    if (file === undefined || file.size > FILE_BYTES_MAX) return take('')
    file.text().then(take, () => take(''))
  }
  return (
    <p class="code-file">
      <label for={id}>Or open the recovery file</label>
      <input id={id} type="file" accept=".txt,text/plain" onChange={read} />
    </p>
  )
}

/** Whether this browser is to keep the key, and what that means. */
export function Keep({ keep, change }: { keep: boolean; change: (keep: boolean) => void }) {
  const id = useId()
  return (
    <p class="keep">
      <input
        id={id}
        type="checkbox"
        checked={keep}
        onChange={({ currentTarget }) => change(currentTarget.checked)}
        aria-describedby={`${id}-note`}
      />
      <label for={id}>Remember on this browser</label>
      <span id={`${id}-note`} class="field-hint">
        Whoever uses this browser while you are signed in can then look. The browser keeps the key so that a page can
        use it but not read it out. Without this, the code is asked for at each visit.
      </span>
    </p>
  )
}
