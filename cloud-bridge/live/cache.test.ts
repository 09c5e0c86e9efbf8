import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Cache, type Out } from './cache.ts'

const out = (type: Out['type'], text: string): Out => ({ type, bytes: Buffer.from(text) })
const held = ({ entries }: Cache) => entries.map(({ bytes }) => String(bytes)).join(' ')

describe('what a late viewer begins with', () => {
  it('is the newest keyframe, what makes it readable, and what came since', () => {
    const cache = new Cache(1000)
    for (const each of [out('head', 'h1'), out('init', 'i1'), out('delta', 'd0')]) cache.add(each)
    assert.equal(held(cache), '')
    for (const each of [out('key', 'k1'), out('delta', 'd1')]) cache.add(each)
    assert.equal(held(cache), 'h1 i1 k1 d1')
    cache.add(out('key', 'k2'))
    assert.equal(held(cache), 'h1 i1 k2')
  })

  it('goes across parts, each behind its own head', () => {
    const cache = new Cache(1000)
    for (const each of [out('head', 'h1'), out('init', 'i1'), out('key', 'k1')]) cache.add(each)
    for (const each of [out('head', 'h2'), out('init', 'i2'), out('delta', 'd2')]) cache.add(each)
    assert.equal(held(cache), 'h1 i1 k1 h2 i2 d2')
    cache.add(out('key', 'k3'))
    assert.equal(held(cache), 'h2 i2 k3')
  })

  it('needs one initialisation segment alone, also where parts have no heads, or have none any more', () => {
    const cache = new Cache(1000)
    for (const each of [out('head', 'h1'), out('init', 'i1'), out('key', 'k1')]) cache.add(each)
    for (const each of [out('init', 'i2'), out('key', 'k2')]) cache.add(each)
    assert.equal(held(cache), 'i2 k2')
    for (const each of [out('init', 'i3'), out('key', 'k3')]) cache.add(each)
    assert.equal(held(cache), 'i3 k3')
    for (const each of [out('head', 'h4'), out('init', 'i4'), out('key', 'k4')]) cache.add(each)
    assert.equal(held(cache), 'h4 i4 k4')
  })

  it('is nothing beyond a bound, until the next keyframe', () => {
    const cache = new Cache(20)
    for (const each of [out('init', 'i'), out('key', 'k'), out('delta', 'x'.repeat(30))]) cache.add(each)
    assert.equal(held(cache), '')
    cache.add(out('delta', 'd'))
    assert.equal(held(cache), '')
    cache.add(out('key', 'k'))
    assert.equal(held(cache), 'i k')
  })
})
