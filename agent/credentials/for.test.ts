import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPatterns, isFor, type Subject } from './for.ts'

const camera: Subject = { address: '192.168.7.20', port: 8000, cameras: ['cam1'], makers: ['HIKVISION', 'Front door'] }
const six: Subject = { ...camera, address: 'fd00:7::20' }

const TABLE: readonly [string, Subject, boolean][] = [
  ['host:192.168.7.20', camera, true],
  ['host:192.168.7.21', camera, false],
  ['host:192.168.7.0/24', camera, true],
  ['host:192.168.8.0/24', camera, false],
  ['host:192.168.7.20:8000', camera, true],
  ['host:192.168.7.20:80', camera, false],
  ['host:fd00:7::/64', six, true],
  ['host:[fd00:7::20]:8000', six, true],
  ['host:192.168.7.0/24', six, false],
  ['host:fe80::/10', { ...camera, address: 'fe80::1%eth0' }, true],
  ['maker:hikvision', camera, true],
  ['maker:hik*', camera, true],
  ['maker:hik', camera, false],
  ['maker:*.*', camera, false],
  ['camera:cam1', camera, true],
  ['camera:cam2', camera, false],
]

for (const [pattern, subject, fits] of TABLE) {
  test(`${pattern} is ${fits ? '' : 'not '}meant for ${subject.address}`, () =>
    assert.equal(isFor([pattern], subject), fits))
}

test('a set without a pattern is for all, one with several for whoever fits one', () => {
  assert.ok(isFor([], camera))
  assert.ok(isFor(['camera:none', 'maker:hik*'], camera))
})

test('a pattern that makes no sense is named, with what to write', () => {
  for (const bad of [
    '',
    'hikvision',
    'host:',
    'host:camera.lan',
    'host:1.2.3.4/33',
    'host:1.2.3.4/x',
    'maker:',
    `maker:${'x'.repeat(200)}`,
  ])
    assert.throws(() => checkPatterns([bad]), { kind: 'invalid', message: /host:192\.168/ }, bad)
  assert.throws(() => checkPatterns(Array(65).fill('maker:x')), { kind: 'limit' })
})
