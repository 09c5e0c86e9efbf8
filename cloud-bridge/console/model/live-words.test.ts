import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LiveState, liveWords } from './live-words.ts'
import type { LiveNews } from './types.ts'

const news = (state: LiveNews['state'], reason: LiveNews['reason'] = null): LiveNews => {
  return { state, reason, message: '', sealed: false }
}

test('a live view has no words while pictures come, and some for everything else', () => {
  assert.equal(liveWords(news('live')), undefined)
  const states: LiveState[] = ['connecting', 'lost', 'unplayable', 'changed', 'hidden', news('asking'), news('waiting')]
  for (const state of states) assert.ok((liveWords(state)?.title ?? '').length > 5)
})

test('what is over has a way to try again, what may pass by itself has none', () => {
  assert.equal(liveWords(news('trouble', 'offline'))?.again, false)
  assert.equal(liveWords(news('trouble', 'camera'))?.again, false)
  assert.equal(liveWords('changed')?.again, true)
  assert.equal(liveWords(news('over', 'no-consent'))?.again, true)
  assert.equal(liveWords(news('over', 'bridge'))?.again, true)
})
