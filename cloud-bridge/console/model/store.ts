/** A value that changes by actions, and tells whoever listens. */
export type Store<State, Action> = {
  get(): State
  dispatch(action: Action): void
  /** Calls back after changes; returns the way to stop. */
  subscribe(listener: () => void): () => void
}

/**
 * Listeners are told once for all the actions of one turn: a burst of a thousand events paints once.
 * `later` says when (the browser's timer; a test's own).
 */
export function createStore<State, Action>(
  start: State,
  reduce: (state: State, action: Action) => State,
  later: (run: () => void) => void,
): Store<State, Action> {
  let state = start
  let told = true
  const listeners = new Set<() => void>()
  return {
    get: () => state,
    dispatch(action) {
      const next = reduce(state, action)
      if (next === state) return
      state = next
      if (!told) return
      told = false
      later(() => {
        told = true
        for (const listener of [...listeners]) listener()
      })
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
