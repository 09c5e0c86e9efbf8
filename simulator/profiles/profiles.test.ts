import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROFILES } from './catalogue.ts'
import { identify } from './identity.ts'

test('a camera keeps its identity for its address and seed, and shares it with no other', () => {
  const one = identify(PROFILES.reolink, '127.0.0.2', 'a')
  assert.deepEqual(identify(PROFILES.reolink, '127.0.0.2', 'a'), one)
  for (const other of [identify(PROFILES.reolink, '127.0.0.3', 'a'), identify(PROFILES.reolink, '127.0.0.2', 'b')]) {
    assert.notEqual(other.serial, one.serial)
    assert.notDeepEqual(other.macs, one.macs)
    assert.notEqual(other.endpoint, one.endpoint)
  }
})

test('every brand writes its MAC in its own way, locally administered', () => {
  assert.match(identify(PROFILES.tapo, '127.0.0.2', '').macs[0] ?? '', /^02(-[0-9A-F]{2}){5}$/)
  assert.match(identify(PROFILES.hikvision, '127.0.0.2', '').macs[0] ?? '', /^02(:[0-9a-f]{2}){5}$/)
})

test('a serial of digits alone is longer than a number can hold', () => {
  const { serial } = identify(PROFILES.reolink, '127.0.0.2', '')
  assert.match(serial, /^192\d{17}$/)
  assert.notEqual(String(Number(serial)), serial)
})
