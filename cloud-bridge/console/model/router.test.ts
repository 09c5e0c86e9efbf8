import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextPath, routeOf, setupToken, signInPath } from './router.ts'

test('each page has its path, with or without a slash behind it', () => {
  assert.deepEqual(routeOf('/'), { page: 'cameras' })
  assert.deepEqual(routeOf('/activity/'), { page: 'activity' })
  assert.deepEqual(routeOf('/camera/abcdefgh234567'), { page: 'camera', id: 'abcdefgh234567' })
  assert.deepEqual(routeOf('/box/abcdefgh'), { page: 'box', id: 'abcdefgh' })
})

test('what is no page is lost', () => {
  for (const path of [
    '/camera',
    '/camera/',
    '/camera/ABC',
    '/camera/a/b',
    '/camera/abcdefgh/x',
    '/__proto__',
    '//',
    '/x',
  ]) {
    assert.equal(routeOf(path).page, path === '//' ? 'cameras' : 'lost', path)
  }
})

test('signing in leads back to the page that was asked for', () => {
  assert.equal(signInPath('/'), '/signin')
  assert.equal(signInPath('/signin'), '/signin')
  assert.equal(signInPath('/camera/abcdefgh'), '/signin?next=%2Fcamera%2Fabcdefgh')
  assert.equal(nextPath('?next=%2Fcamera%2Fabcdefgh'), '/camera/abcdefgh')
  assert.equal(nextPath(''), '/')
})

test('signing in leads to no other site and to no page of its own', () => {
  for (const next of [
    '//evil.example',
    'https://evil.example/',
    '/\\evil.example',
    '/signin',
    '/setup',
    'javascript:1',
    '//',
  ]) {
    assert.equal(nextPath(`?next=${encodeURIComponent(next)}`), '/', next)
  }
})

test('the set-up token stands behind the hash', () => {
  assert.equal(setupToken('#abc-123'), 'abc-123')
  assert.equal(setupToken(''), '')
})
