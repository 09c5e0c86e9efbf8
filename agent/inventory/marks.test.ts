import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Marks, NO_MARKS, type Recognition, recognise, steadyMarks } from './marks.ts'
import { macIn } from './neighbours.ts'

const ONE = 'urn:uuid:3cf0943e-fba5-83d8-8cad-44a2c7ddb82f'
const OTHER = 'urn:uuid:aaaaaaaa-fba5-83d8-8cad-44a2c7ddb82f'
const full: Marks = {
  probe: ONE,
  reference: '3CF0943E-fba5-83d8-8cad-44a2c7ddb82f',
  serial: 'SER7001',
  mac: '02:00:00:00:00:01',
  realm: 'AXIS_1',
}

/** What was known, what is seen, and what is to be thought of it where it stood and elsewhere. */
const TABLE: readonly [string, Partial<Marks>, Partial<Marks>, Recognition, Recognition][] = [
  ['the same in all', full, full, 'same', 'same'],
  ['the same card after a factory reset', full, { ...full, probe: OTHER, reference: '', realm: 'x' }, 'same', 'same'],
  ['its name with another card', full, { ...full, mac: '02:00:00:00:00:02' }, 'other', 'other'],
  ['its name with another serial', full, { ...full, serial: 'SER7002', mac: '' }, 'other', 'other'],
  ['its card with another serial', full, { ...full, serial: 'SER7002' }, 'other', 'other'],
  ['its answer to a probe alone', full, { probe: ONE }, 'same', 'same'],
  ['its endpoint reference alone, otherwise written', full, { reference: `uuid:${full.reference}` }, 'same', 'same'],
  ['another endpoint reference', full, { probe: OTHER }, 'other', 'other'],
  ['one endpoint reference that fits and one that does not', full, { probe: ONE, reference: OTHER }, 'other', 'other'],
  ['its serial alone', full, { serial: 'SER7001' }, 'same', 'same'],
  ['a serial that makers leave in', { serial: '123456' }, { serial: '123456' }, 'unsure', 'unsure'],
  ['its realm where it told more before', full, { realm: 'AXIS_1' }, 'unsure', 'unsure'],
  ['its realm where it never told more', { realm: 'AXIS_1' }, { realm: 'AXIS_1', probe: ONE }, 'same', 'unsure'],
  ['another realm where it never told more', { realm: 'AXIS_1' }, { realm: 'AXIS_2' }, 'unsure', 'unsure'],
  ['nothing where something was', full, {}, 'unsure', 'unsure'],
  ['nothing where nothing ever was', {}, {}, 'same', 'unsure'],
  ['something where nothing ever was', {}, full, 'same', 'unsure'],
]

for (const [name, enrolled, seen, here, elsewhere] of TABLE) {
  test(`${name}: ${here} in its place, ${elsewhere} elsewhere`, () => {
    const recognised = (atHome: boolean) => recognise({ ...NO_MARKS, ...enrolled }, { ...NO_MARKS, ...seen }, atHome)
    assert.deepEqual([recognised(true), recognised(false)], [here, elsewhere])
  })
}

test('a mark that is another each time is none', () => {
  const steady = steadyMarks(full, { ...full, probe: OTHER, realm: 'AXIS_2' })
  assert.deepEqual(steady, { ...full, probe: '', realm: '' })
  assert.deepEqual(steadyMarks(full, { ...NO_MARKS, probe: ONE }), full)
})

test("the kernel's table tells the card behind an address of this network, and nothing of others", () => {
  const table = `IP address       HW type     Flags       HW address            Mask     Device
192.168.7.20     0x1         0x2         02:00:5E:00:00:01     *        eth0
192.168.7.2      0x1         0x0         00:00:00:00:00:00     *        eth0
`
  assert.equal(macIn(table, '192.168.7.20'), '02:00:5e:00:00:01')
  for (const address of ['192.168.7.2', '192.168.7.21', '192.168.7', 'fe80::1']) assert.equal(macIn(table, address), '')
})
