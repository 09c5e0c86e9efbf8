import { useEffect, useState } from 'preact/hooks'
import { day } from '../model/format.ts'
import { groupsOf, recoveryFile } from '../model/recovery-code.ts'
import { saveBlob } from '../vault/save.ts'
import { useSelect } from './app.ts'

/** A key that was just made: known to this page alone until its owner has it on paper or in a file. */
export type NewKey = { readonly identity: string; readonly recipient: string }

/** The recovery code as a sheet of paper: in groups, as a QR code, and what it is for. */
export function RecoverySheet({ made, madeAt }: { made: NewKey; madeAt: number }) {
  const session = useSelect((state) => state.session)
  const username = typeof session === 'string' ? '' : session.username
  const about = [`Lenscap recovery code of ${username} at ${location.host}`, `made on ${day(madeAt)}`]
  const save = () =>
    saveBlob(
      new Blob([recoveryFile(made.identity, made.recipient, about)], { type: 'text/plain' }),
      `lenscap-recovery-${username}.txt`,
    )
  return (
    <>
      <article class="sheet" aria-label="Recovery sheet">
        <div>
          <p class="sheet-title">Lenscap recovery code</p>
          <p class="quiet">
            {username} · {location.host} · {day(madeAt)}
          </p>
          <ol class="code-groups" data-testid="code-groups">
            {groupsOf(made.identity).map((group, i) => (
              <li key={i}>
                <code>{group}</code>
              </li>
            ))}
          </ol>
        </div>
        <QrCode text={made.identity} />
        <p class="sheet-words quiet">
          Whoever has this code can look at the snapshots and clips of this account; without it, nobody can. Keep it
          where you keep what you can’t replace, and not beside the cameras. To look in another browser, sign in there
          and enter the code. It is an age identity (AGE-SECRET-KEY-1 and these groups): any age program reads files
          with it. Public key: <span class="sheet-key">{made.recipient}</span>
        </p>
      </article>
      <p class="row no-print">
        <button type="button" class="button" onClick={() => window.print()}>
          Print this sheet
        </button>
        <button type="button" class="button" onClick={save}>
          Save as a file
        </button>
      </p>
    </>
  )
}

/** Drawn here: no code is ever sent anywhere to become a picture. */
function QrCode({ text }: { text: string }) {
  const [rows, setRows] = useState<readonly (readonly boolean[])[]>([])
  useEffect(() => {
    import('qr').then(
      ({ encodeQR }) => setRows(encodeQR(text, 'raw', { ecc: 'medium', border: 1 })),
      () => undefined,
    )
  }, [text])
  if (rows.length === 0) return null
  const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return (
    <svg
      class="qr"
      viewBox={`-3 -3 ${rows.length + 6} ${rows.length + 6}`}
      role="img"
      aria-label="The same code as a QR code"
      data-testid="qr"
    >
      <path d={dark.join('')} />
    </svg>
  )
}
