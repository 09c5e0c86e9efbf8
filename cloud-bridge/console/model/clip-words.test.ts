import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codecIn, unseenWords } from './clip-words.ts'

test('a clip says what it is encoded as', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  assert.equal(codecIn(bytes('....stsd....hvc1....hvcC')), 'H.265')
  assert.equal(codecIn(bytes('....stsd....avc1....avcC')), 'H.264')
  assert.equal(codecIn(bytes('....ftyp')), undefined)
})

test('a clip that is not shown says why, and what to do', () => {
  assert.match(unseenWords('H.265', true), /H\.265\. You hear its sound.*set the camera’s main stream to H\.264\.$/)
  assert.match(unseenWords('H.265', false), /Here is the picture of its event\./)
  assert.match(unseenWords(undefined, false), /Download it for another player\.$/)
})
