import assert from 'node:assert/strict'
import { test } from 'node:test'
import { profileNamed } from './catalogue.ts'
import { readProfile } from './profile-file.ts'

test('a profile of one’s own is a base and what differs, in YAML or JSON', () => {
  const own = readProfile(
    'base: hikvision\nname: acme\nmodel: A-1\nmac:\n  separator: "-"\nservices: {}\n',
    'acme.yaml',
  )
  const base = profileNamed('hikvision')
  assert.deepEqual(own, { ...base, name: 'acme', model: 'A-1', mac: { ...base.mac, separator: '-' }, services: {} })
  assert.equal(readProfile('{"base":"plain","name":"b","channels":2}', 'b.json').channels, 2)
})

test('a profile’s faults replace those of its base, and are checked', () => {
  assert.deepEqual(readProfile('base: xm\nname: a\n', 'own.yaml').faults, profileNamed('xm').faults)
  assert.deepEqual(readProfile('base: xm\nname: a\nfaults: []\n', 'own.yaml').faults, [])
  const text = 'base: xm\nname: a\nfaults: [clock-skew=90, no-hello]\n'
  assert.deepEqual(readProfile(text, 'own.yaml').faults, ['clock-skew=90', 'no-hello'])
  assert.throws(
    () => readProfile('base: xm\nname: a\nfaults:\n  - rained-in\n', 'own.yaml'),
    /own\.yaml:4: faults\.0: There is no fault "rained-in"/,
  )
})

test('what is wrong in a profile is named with its line', () => {
  const complaint = (text: string) => {
    try {
      readProfile(text, 'own.yaml')
    } catch (error) {
      return error instanceof RangeError ? error.message : String(error)
    }
    return ''
  }
  assert.match(complaint('base: hikvision\nname: acme\ncolour: red\n'), /^own\.yaml:3: .*"?colour"?/)
  assert.match(
    complaint('base: hikvision\nname: acme\npaths:\n  device: onvif\n'),
    /^own\.yaml:4: paths\.device: a path begins with \//,
  )
  assert.match(complaint('base: nobody\nname: acme\n'), /^own\.yaml:1: base: .*amcrest/)
  assert.match(complaint('name: acme\n'), /^own\.yaml:1: base: /)
  assert.match(complaint('base: [plain\n'), /^own\.yaml:\d: /)
  assert.match(
    complaint('base: plain\nname: a\nchannels: 2\npaths:\n  stream: /live\n'),
    /^own\.yaml:5: paths\.stream: .*\{channel\}/,
  )
})
