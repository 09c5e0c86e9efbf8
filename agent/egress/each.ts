/** Does something with each, also where it fails with one before. @throws the first failure, when all are done */
export function each<T>(items: readonly T[], act: (item: T) => void): void {
  const failures: unknown[] = []
  for (const item of items) {
    try {
      act(item)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
