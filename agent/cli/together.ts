/**
 * Runs works side by side until all have ended. The first that fails stops the others, and is thrown when they have
 * ended: nothing goes on in a house whose foundations are being taken away.
 */
export async function together(stop: AbortController, works: readonly Promise<unknown>[]): Promise<void> {
  const failures: unknown[] = []
  const watched = works.map((work) =>
    work.catch((error: unknown) => {
      failures.push(error)
      stop.abort(error)
    }),
  )
  await Promise.all(watched)
  if (failures.length > 0) throw failures[0]
}
