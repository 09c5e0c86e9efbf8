import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { Continuity } from './continuity.ts'

function watched() {
  const time = { ms: 0 }
  const continuity = new Continuity({ ...systemClock, monotonicMs: () => time.ms })
  return { time, continuity }
}

test('nobody is sure before it was confirmed, and not five seconds after the last exchange', async () => {
  const { time, continuity } = watched()
  assert.equal(continuity.isSure, false)
  await continuity.during(async () => {})
  assert.equal(continuity.isSure, false, 'an answer alone says nothing of who answers')
  continuity.confirmed()
  time.ms = 4_999
  await continuity.during(async () => {})
  time.ms = 9_998
  assert.equal(continuity.isSure, true)
  time.ms = 9_999
  assert.equal(continuity.isSure, false)
})

test('it stays sure while a connection to it stands, however long', async () => {
  const { time, continuity } = watched()
  continuity.confirmed()
  const pull = Promise.withResolvers<void>()
  const pulling = continuity.during(() => pull.promise)
  time.ms = 60_000
  assert.equal(continuity.isSure, true)
  pull.resolve()
  await pulling
  assert.equal(continuity.isSure, true)
})

test('one exchange that fails ends it for all, also for those that end well afterwards', async () => {
  const { continuity } = watched()
  continuity.confirmed()
  const [one, other] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const [first, second] = [continuity.during(() => one.promise), continuity.during(() => other.promise)]
  one.reject(new Error('cut'))
  await assert.rejects(first)
  assert.equal(continuity.isSure, false)
  other.resolve()
  await second
  assert.equal(continuity.isSure, false)
})
