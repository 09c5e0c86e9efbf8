/**
 * An AbortController that also fires when one of the sources does. Dispose of it when the work is done: unlike
 * `AbortSignal.any`, it then leaves nothing behind on a signal that lives as long as the process.
 */
export class LinkedController extends AbortController implements Disposable {
  readonly #unlink: (() => void)[] = []

  constructor(...sources: readonly AbortSignal[]) {
    super()
    for (const source of sources) {
      const fire = () => this.abort(source.reason)
      if (source.aborted) fire()
      source.addEventListener('abort', fire, { once: true })
      this.#unlink.push(() => source.removeEventListener('abort', fire))
    }
  }

  /** From now on the sources do nothing to it. It does not fire by this. */
  [Symbol.dispose](): void {
    for (const unlink of this.#unlink.splice(0)) unlink()
  }
}
