import { bytes, count } from './format.ts'
import type { LedgerView } from './types.ts'

type Difference = LedgerView['differences'][number]

/** Each difference between the two books: what it is, and what it may mean. */
const DIFFERENCE: Record<Difference['kind'], { title: string; meaning: string }> = {
  'never-arrived': {
    title: 'Left, never arrived',
    meaning: 'The box says that all of it was taken; the bridge has no receipt.',
  },
  cut: {
    title: 'Cut on the way',
    meaning: 'A part left the box, and the rest never came: a line that broke, or permission that ended meanwhile.',
  },
  'unknown-to-box': {
    title: 'Received, unknown to the box',
    meaning: 'The bridge has it, and the box’s ledger does not. Somebody may hold the box’s key.',
  },
  'other-content': {
    title: 'Not the same',
    meaning: 'Both know the item, and name different bytes, camera or kind.',
  },
  'rows-missing': {
    title: 'Rows missing',
    meaning: 'The box’s ledger goes on after them. Its queue was full, or they were withheld.',
  },
  rewritten: {
    title: 'Ledger rewritten',
    meaning: 'These rows do not fit what the ledger said before. It was changed, or begun anew on the box.',
  },
}

/** A difference in words: its title, what it is about, and its meaning. */
export function differenceWords(difference: Difference): { title: string; about: string; meaning: string } {
  const { kind, rows } = difference
  const about = rows === null ? bytes(difference.bytes) : rowWords(rows)
  return { ...DIFFERENCE[kind], about }
}

const rowWords = ([from, to]: readonly [number, number]): string => (from === to ? `Row ${from}` : `Rows ${from}–${to}`)

/** How the two books stand to each other, in a sentence. */
export function verdictWords({ differing, waiting, scopes }: LedgerView): string {
  const late = waiting === 0 ? '' : ` ${count(waiting, 'item is', 'items are')} still to be told of by one of the two.`
  if (differing > 0) return `${count(differing, 'difference')} between what the box says and what came.${late}`
  if (scopes.length === 0) return `Nothing has left this box in the last 30 days, and nothing came from it.${late}`
  return `The box’s ledger and the bridge’s receipts agree.${late}`
}
