import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStore } from './store.ts'

const counter = () => {
  const due: (() => void)[] = []
  const store = createStore(
    0,
    (state, add: number) => state + add,
    (run) => due.push(run),
  )
  return { store, due }
}

test('a burst of actions tells the listeners once, when its turn is over', () => {
  const { store, due } = counter()
  let told = 0
  store.subscribe(() => {
    told += 1
  })
  for (let i = 0; i < 1000; i += 1) store.dispatch(1)
  assert.equal(store.get(), 1000)
  assert.equal(told, 0)
  assert.equal(due.length, 1)
  due.shift()?.()
  assert.equal(told, 1)
})

test('an action that changes nothing tells nobody', () => {
  const { store, due } = counter()
  store.dispatch(0)
  assert.equal(due.length, 0)
})

test('who stopped listening is not told', () => {
  const { store, due } = counter()
  let told = 0
  store.subscribe(() => {
    told += 1
  })()
  store.dispatch(1)
  due.shift()?.()
  assert.equal(told, 0)
})
