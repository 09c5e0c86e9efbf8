import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Out } from './cache.ts'
import type { LiveNews } from './news.ts'
import { Viewer } from './viewer.ts'

const out = (type: Out['type'], text: string): Out => ({ type, bytes: Buffer.from(text) })

function viewer() {
  const got: string[] = []
  const socket = {
    bufferedAmount: 0,
    readyState: 1,
    send: (data: string | Buffer) => got.push(String(data)),
    close: () => got.push('closed'),
    terminate: () => {},
    ping: () => {},
  }
  return { got, socket, viewer: new Viewer({ account: 'a', token: 't', socket, stillSignedIn: async () => true }) }
}

describe('a viewer', () => {
  it('whose line is slow misses pictures up to a keyframe, and gets with that what it needs', () => {
    const { got, socket, viewer: slow } = viewer()
    slow.begin([out('init', 'i'), out('key', 'k1')])
    slow.take(out('delta', 'd1'), [])
    socket.bufferedAmount = 3 * 1024 * 1024
    for (const text of ['d2', 'd3']) slow.take(out('delta', text), [])
    slow.take(out('key', 'k2'), [out('init', 'i'), out('key', 'k2')])
    socket.bufferedAmount = 0
    slow.take(out('delta', 'd4'), [])
    slow.take(out('key', 'k3'), [out('init', 'i2'), out('key', 'k3')])
    slow.take(out('delta', 'd5'), [])
    assert.deepEqual(got, ['i', 'k1', 'd1', 'i2', 'k3', 'd5'])
  })

  it('who comes before the first keyframe waits for it', () => {
    const { got, viewer: early } = viewer()
    early.begin([])
    early.take(out('delta', 'd'), [])
    early.take(out('key', 'k'), [out('init', 'i'), out('key', 'k')])
    assert.deepEqual(got, ['i', 'k'])
  })

  it('is told each state once', () => {
    const { got, viewer: told } = viewer()
    const news: LiveNews = { state: 'asking', reason: null, message: '', sealed: false }
    told.tell(news)
    told.tell({ ...news })
    told.end({ ...news, state: 'over', reason: 'gone' })
    assert.equal(got.length, 3)
    assert.equal(got.at(-1), 'closed')
  })
})
