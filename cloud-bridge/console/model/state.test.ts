import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { camera, event, item, overview } from './sample.ts'
import { type Action, EVENTS_MAX, reduce, START, type State } from './state.ts'

const after = (...actions: Action[]): State => actions.reduce(reduce, START)
const loaded: Action = { type: 'overview', overview: overview([camera('front'), camera('yard')]) }
const cameraIn = (state: State, id: string) => state.overview?.cameras.find((each) => each.id === id)

describe('the state', () => {
  test('an event goes to the list and to its camera only', () => {
    const state = after(loaded, { type: 'event', event: event(1, 'front', 100) })
    assert.equal(state.overview?.events.length, 1)
    assert.equal(cameraIn(state, 'front')?.lastEvent?.id, 1)
    assert.equal(cameraIn(state, 'yard')?.lastEvent, null)
  })

  test('a camera that was removed takes its events with it', () => {
    const state = after(
      loaded,
      { type: 'event', event: event(1, 'front', 100) },
      { type: 'event', event: event(2, 'yard', 100) },
      { type: 'camera-removed', camera: 'front' },
    )
    assert.deepEqual([cameraIn(state, 'front'), state.overview?.events.map(({ id }) => id)], [undefined, [2]])
  })

  test('an event that comes twice counts once', () => {
    const twice: Action = { type: 'event', event: event(1, 'front', 100) }
    assert.equal(after(loaded, twice, twice).overview?.events.length, 1)
  })

  test('an older event that comes late does not cover a newer one', () => {
    const state = after(
      loaded,
      { type: 'event', event: event(2, 'front', 200) },
      { type: 'event', event: event(1, 'front', 100) },
    )
    assert.equal(cameraIn(state, 'front')?.lastEvent?.id, 2)
    assert.deepEqual(
      state.overview?.events.map(({ id }) => id),
      [2, 1],
    )
  })

  test('the list of events stays within its bound, and keeps the newest', () => {
    const many = Array.from(
      { length: EVENTS_MAX + 5 },
      (_, i): Action => ({ type: 'event', event: event(i, 'front', i) }),
    )
    const events = after(loaded, ...many).overview?.events ?? []
    assert.equal(events.length, EVENTS_MAX)
    assert.equal(events[0]?.id, EVENTS_MAX + 4)
  })

  test('what begins goes on until it ends, per camera and topic', () => {
    const begun = after(
      loaded,
      { type: 'event', event: event(1, 'front', 100, true) },
      { type: 'event', event: event(2, 'front', 110, true, 'person') },
      { type: 'event', event: event(3, 'yard', 120, true) },
    )
    assert.equal(begun.ongoing.size, 3)
    const ended = reduce(begun, { type: 'event', event: event(4, 'front', 130, false) })
    assert.deepEqual([...ended.ongoing.values()].map(({ id }) => id).sort(), [2, 3])
  })

  test('the overview tells what goes on already', () => {
    const events = [event(3, 'yard', 120, true), event(2, 'front', 110, false), event(1, 'front', 100, true)]
    const state = after({ type: 'overview', overview: overview([camera('front'), camera('yard')], events) })
    assert.deepEqual(
      [...state.ongoing.values()].map(({ id }) => id),
      [3],
    )
  })

  test('a newer snapshot becomes the picture, an older one and a clip do not', () => {
    const state = after(
      loaded,
      { type: 'item', item: item('b', 'front', 200) },
      { type: 'item', item: item('a', 'front', 100) },
      { type: 'item', item: item('c', 'front', 300, 'clip') },
    )
    assert.equal(cameraIn(state, 'front')?.picture?.id, 'b')
  })

  test('a deleted item is gone from the tile and from the open page', () => {
    const shown = item('a', 'front', 100)
    const state = after(
      loaded,
      { type: 'detail', detail: { camera: 'front', events: [], moreEvents: false, items: [], moreItems: false } },
      { type: 'item', item: shown },
      { type: 'item-deleted', item: 'a', camera: 'front' },
    )
    assert.equal(cameraIn(state, 'front')?.picture, null)
    assert.deepEqual(state.detail?.items, [])
  })

  test('the open page takes events and items of its own camera only', () => {
    const state = after(
      loaded,
      { type: 'detail', detail: { camera: 'front', events: [], moreEvents: true, items: [], moreItems: false } },
      { type: 'event', event: event(1, 'yard', 100) },
      { type: 'event', event: event(2, 'front', 110) },
      { type: 'item', item: item('a', 'yard', 100) },
      { type: 'older-events', camera: 'front', events: [event(0, 'front', 50)], more: false },
      { type: 'older-events', camera: 'yard', events: [event(9, 'yard', 50)], more: true },
    )
    assert.deepEqual(
      state.detail?.events.map(({ id }) => id),
      [2, 0],
    )
    assert.equal(state.detail?.moreEvents, false)
    assert.deepEqual(state.detail?.items, [])
  })

  test('consent changes on its own camera alone', () => {
    const consent = { kinds: ['snapshot' as const], changedAt: 5, changedBy: 'Anna' }
    const state = after(loaded, { type: 'consent', camera: 'front', consent })
    assert.deepEqual(cameraIn(state, 'front')?.consent, consent)
    assert.deepEqual(cameraIn(state, 'yard')?.consent.kinds, [])
  })

  test('a camera that is new joins, one that is known is replaced', () => {
    const state = after(
      loaded,
      { type: 'camera', camera: camera('gate') },
      { type: 'camera', camera: camera('front', { name: 'Porch' }) },
    )
    assert.deepEqual(
      state.overview?.cameras.map(({ facts }) => facts.name),
      ['Porch', 'yard', 'gate'],
    )
  })

  test('whoever signs out leaves nothing behind', () => {
    const state = after(loaded, { type: 'session', session: 'none' })
    assert.deepEqual(state, { ...START, session: 'none' })
  })

  test('messages before the overview are no trouble', () => {
    const state = after(
      { type: 'event', event: event(1, 'front', 100) },
      { type: 'item', item: item('a', 'front', 100) },
      { type: 'totals', totals: { messages: 1, mediaItems: 0, mediaBytes: 0 } },
    )
    assert.equal(state.overview, undefined)
  })
})

test('a receipt outlives the session that it ended, and nothing else does', () => {
  const held = { ...EMPTY_HELD, boxes: 1 }
  const before = reduce(START, { type: 'overview', overview: overview([camera('a')]) })
  const erased = reduce(before, { type: 'erased', receipt: { erasedAt: 1, held, left: 0 } })
  const after = reduce(erased, { type: 'session', session: 'none' })
  assert.deepEqual([after.receipt?.held.boxes, after.overview, after.session], [1, undefined, 'none'])
  const session = { account: 'a', user: 'u', name: 'N', username: 'n' }
  assert.equal(reduce(after, { type: 'session', session }).receipt, undefined)
})

const EMPTY_HELD = {
  account: { name: '', email: '', createdAt: 0 },
  boxes: 0,
  cameras: 0,
  events: 0,
  logs: 0,
  activity: 0,
  consentChanges: 0,
  sessions: 0,
  media: [],
}
