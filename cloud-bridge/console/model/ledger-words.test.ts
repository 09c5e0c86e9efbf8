import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { differenceWords, verdictWords } from './ledger-words.ts'
import type { LedgerView } from './types.ts'

const view = (over: Partial<LedgerView> = {}): LedgerView => {
  return { since: 0, head: null, scopes: [], waiting: 0, differing: 0, differences: [], ...over }
}
const sums = { items: 1, bytes: 1 }
const scopes = [{ camera: 'camera', kind: 'clip' as const, left: sums, received: sums }]

describe('the two books in words', () => {
  it('say whether they agree, and what is still to come', () => {
    assert.match(verdictWords(view()), /^Nothing has left this box/)
    assert.equal(verdictWords(view({ scopes })), 'The box’s ledger and the bridge’s receipts agree.')
    const late = verdictWords(view({ scopes, waiting: 1 }))
    assert.match(late, /agree\. 1 item is still to be told of/)
    assert.match(verdictWords(view({ scopes, differing: 2 })), /^2 differences between/)
  })

  it('name what differs', () => {
    const none = { at: 0, camera: null, media: null, item: null, bytes: 1500, rows: null }
    assert.equal(differenceWords({ ...none, kind: 'cut' }).about, '1.5 KB')
    assert.equal(differenceWords({ ...none, kind: 'rewritten', rows: [3, 3] }).about, 'Row 3')
    assert.equal(differenceWords({ ...none, kind: 'rows-missing', rows: [3, 9] }).about, 'Rows 3–9')
  })
})
