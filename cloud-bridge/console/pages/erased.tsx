import { exact } from '../model/format.ts'
import { useSelect, useTitle } from '../parts/app.ts'
import { Held } from '../parts/held.tsx'
import { Door } from '../parts/shell.tsx'

/** The receipt after an account was erased. It is shown once: the bridge keeps none. */
export function ErasedPage() {
  useTitle('Erased')
  const receipt = useSelect((state) => state.receipt)
  if (receipt === undefined) {
    return (
      <Door title="Nothing to show" lead="A receipt is shown once, right after an account was erased.">
        <a class="button" href="/signin">
          Sign in
        </a>
      </Door>
    )
  }
  return (
    <Door title="Everything is erased" lead="Your receipt. The bridge keeps none: print this page to have one.">
      <section class="card" aria-label="Receipt">
        <p>
          Erased on {exact(receipt.erasedAt)}. Looked for afterwards, in every table: {receipt.left} rows left.
        </p>
        <Held held={receipt.held} caption="What was held" />
      </section>
      <p class="quiet door-foot">
        Your boxes are no longer anyone’s. To begin anew, restart the bridge: it prints a new set-up link.
      </p>
    </Door>
  )
}
