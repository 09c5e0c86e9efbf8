import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { credibleEndpoint, credibleSerial, type Identity, isSameDevice, likeness } from './identity.ts'

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
const place = fc.record({ address: fc.ipV4(), port: fc.constantFrom(80, 8000, 8899) })
/** What a maker meant to be a device's own. */
const marks = fc
  .record({ endpoint: fc.uuid(), serial: hex(12), mac: hex(12) })
  .filter(({ endpoint, serial }) => credibleEndpoint(endpoint) !== '' && credibleSerial(serial) !== '')
const maker = fc.constantFrom('HIKVISION', 'H264', '')

const identity = (
  { endpoint, serial, mac }: { endpoint: string; serial: string; mac: string },
  manufacturer: string,
  at: { address: string; port: number },
): Identity => ({ endpoint, serial, macs: mac === '' ? [] : [mac], manufacturer, model: 'X', ...at })

const fakes = fc.constantFrom('1234567890', '000000', '', 'unknown', 'FFFFFFFF', '123456')
const check = <T>(property: fc.IProperty<T>) => fc.assert(property, { numRuns: 400, seed: 4711 })

test('for any two devices: which of them was known first makes no difference', () => {
  check(
    fc.property(marks, marks, maker, maker, place, place, fc.boolean(), (a, b, m, n, at, there, seenElsewhere) => {
      const [one, other] = [identity(a, m, at), identity({ ...b, serial: a.serial }, n, there)]
      assert.equal(isSameDevice(one, other, seenElsewhere), isSameDevice(other, one, seenElsewhere))
      assert.equal(likeness(one, other), likeness(other, one))
    }),
  )
})

test('for any camera and any move by DHCP: it is the same camera, also with one mark changed or two forgotten', () => {
  check(
    fc.property(
      marks,
      marks,
      maker,
      place,
      place,
      fc.constantFrom('endpoint', 'serial', 'mac'),
      (a, b, m, at, there, key) => {
        const known = identity(a, m, at)
        assert.ok(isSameDevice(known, identity(a, m, there), false))
        assert.ok(isSameDevice(known, identity({ ...a, [key]: b[key] }, m, there), false), `another ${key}`)
        assert.ok(
          isSameDevice(known, identity({ endpoint: '', serial: '', mac: '', [key]: a[key] }, m, there), false),
          key,
        )
      },
    ),
  )
})

test('for any two devices: one in the place of the other is another, also with one mark in common', () => {
  check(
    fc.property(
      marks,
      marks,
      maker,
      place,
      fc.constantFrom('endpoint', 'serial', 'mac', 'none'),
      (a, b, m, at, key) => {
        const shared = key === 'none' ? {} : { [key]: a[key] }
        assert.ok(!isSameDevice(identity(a, m, at), identity({ ...b, ...shared }, m, at), false), key)
      },
    ),
  )
})

test('for any two devices: serials that makers leave in, and marks that are missing, merge nothing elsewhere', () => {
  check(
    fc.property(marks, marks, fakes, maker, place, place, (a, b, fake, m, at, there) => {
      fc.pre(at.address !== there.address)
      const faked = (mac: string, where: typeof at) => identity({ endpoint: '', serial: fake, mac }, m, where)
      assert.ok(!isSameDevice(faked(a.mac, at), faked(b.mac, there), false))
      assert.ok(!isSameDevice(faked('', at), faked('', there), false))
    }),
  )
})

test("for any recorder's channels behind one card: they stay as many as they say", () => {
  check(
    fc.property(marks, marks, maker, fc.ipV4(), (a, b, m, address) => {
      const one = identity(a, m, { address, port: 8001 })
      assert.ok(!isSameDevice(one, identity({ ...b, mac: a.mac }, m, { address, port: 8002 }), true))
      assert.ok(!isSameDevice(one, identity({ ...b, mac: a.mac }, m, { address, port: 8002 }), false))
      assert.ok(!isSameDevice(one, identity({ ...b, mac: a.mac, serial: a.serial }, m, { address, port: 8002 }), true))
    }),
  )
})
