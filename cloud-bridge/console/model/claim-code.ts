const GROUPS = [4, 4, 5] as const
const LENGTH = 13

/** The code as the box shows it (XXXX-XXXX-XXXXX), whatever was typed or pasted: case, spaces and dashes don't matter. */
export function formatCode(typed: string): string {
  // The code's alphabet is A–Z and 2–7. 0, 1 and 8 are what people read for O, I and B.
  const letters = typed.toUpperCase().replaceAll('0', 'O').replaceAll('1', 'I').replaceAll('8', 'B')
  let rest = letters.replace(/[^A-Z2-7]/g, '').slice(0, LENGTH)
  const groups: string[] = []
  for (const size of GROUPS) {
    if (rest === '') break
    groups.push(rest.slice(0, size))
    rest = rest.slice(size)
  }
  return groups.join('-')
}

export const isWholeCode = (code: string): boolean => /^[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{5}$/.test(code)
