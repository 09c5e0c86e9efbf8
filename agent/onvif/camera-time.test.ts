import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cameraTimeIn } from './replies.ts'
import { parseXml } from './xml.ts'

const face = (hour: number, day = 5) =>
  `<Time><Hour>${hour}</Hour><Minute>30</Minute><Second>15</Second></Time><Date><Year>2026</Year><Month>3</Month><Day>${day}</Day></Date>`

const timeIn = (inner: string) => {
  const body = `<Body><GetSystemDateAndTimeResponse><SystemDateAndTime>${inner}</SystemDateAndTime></GetSystemDateAndTimeResponse></Body>`
  const time = cameraTimeIn(parseXml(`<Envelope>${body}</Envelope>`).one('Envelope', 'Body') ?? parseXml(''))
  return time === undefined ? undefined : new Date(time).toISOString()
}
const local = (zone: string, summer = false) =>
  timeIn(
    `<DaylightSavings>${summer}</DaylightSavings><TimeZone><TZ>${zone}</TZ></TimeZone><LocalDateTime>${face(12)}</LocalDateTime>`,
  )

test('UTC is taken as it stands, whatever the zone', () => {
  const zone = '<TimeZone><TZ>CST-8:00:00</TZ></TimeZone>'
  assert.equal(timeIn(`${zone}<UTCDateTime>${face(4)}</UTCDateTime>`), '2026-03-05T04:30:15.000Z')
})

for (const [zone, summer, utc] of [
  ['CST-8:00:00', false, '04:30'],
  ['GMT-08:00', false, '04:30'],
  ['EST5EDT,M3.2.0,M11.1.0', false, '17:30'],
  ['EST5EDT,M3.2.0,M11.1.0', true, '16:30'],
  ['&lt;+0330&gt;-3:30', false, '09:00'],
  ['Europe/Berlin', false, '12:30'],
  ['', false, '12:30'],
] as const) {
  test(`where UTC is missing, half past twelve in "${zone}"${summer ? ' in summer' : ''} is ${utc} UTC`, () => {
    assert.equal(local(zone, summer), `2026-03-05T${utc}:15.000Z`)
  })
}

test('a date that does not exist is none', () => {
  assert.equal(timeIn(`<UTCDateTime>${face(4, 40)}</UTCDateTime>`), undefined)
})
