import assert from 'node:assert/strict'
import type { CLOCK_FAULTS } from '../faults/catalogue/clock.ts'
import { DATE, type Effect, testFaults } from './fault-effects.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { serviceUrl } from './one-camera.testing.ts'
import { ownNet } from './own-net.testing.ts'
import { call, textOf } from './soap-client.testing.ts'

const net = await ownNet()

const HOUR_MS = 3_600_000

const dateOf = async (camera: SimulatedCamera) => (await call(serviceUrl(camera), '', DATE)).text

/** The time in the answer's element of that name, UTC ms. */
function momentIn(text: string, element: string): number {
  const part = new RegExp(`<tt:${element}>(.*?)</tt:${element}>`).exec(text)?.[1] ?? ''
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = [
    'Year',
    'Month',
    'Day',
    'Hour',
    'Minute',
    'Second',
  ].map((field) => Number(textOf(part, field)))
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

const ahead = async (camera: SimulatedCamera) => momentIn(await dateOf(camera), 'UTCDateTime') - Date.now()
const isAbout = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 2500, `${actual} ms`)

const telling = (pattern: RegExp): Effect => [undefined, async (camera) => assert.match(await dateOf(camera), pattern)]

testFaults(net(5), {
  'clock-skew': [3600, async (camera) => isAbout(await ahead(camera), HOUR_MS)],
  'clock-drift': [
    100_000,
    async (camera) => {
      const before = await ahead(camera)
      const begun = performance.now()
      while (performance.now() - begun < 50) await dateOf(camera)
      assert.ok((await ahead(camera)) - before >= 4000, 'a tenth of a second makes ten')
    },
  ],
  'clock-frozen': [
    undefined,
    async (camera) => {
      const text = await dateOf(camera)
      const begun = performance.now()
      while (performance.now() - begun < 1100) await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(momentIn(await dateOf(camera), 'UTCDateTime'), momentIn(text, 'UTCDateTime'))
    },
  ],
  'clock-1970': [undefined, async (camera) => assert.ok(momentIn(await dateOf(camera), 'UTCDateTime') < 60_000 * 60)],
  'date-dst-wrong': [
    undefined,
    async (camera) => {
      assert.match(await dateOf(camera), /DaylightSavings>true/)
      isAbout(await ahead(camera), HOUR_MS)
    },
  ],
  'date-local-as-utc': [undefined, async (camera) => isAbout(await ahead(camera), 8 * HOUR_MS)],
  'date-no-utc': [
    undefined,
    async (camera) => {
      const text = await dateOf(camera)
      assert.match(text, /LocalDateTime/)
      assert.doesNotMatch(text, /UTCDateTime/)
    },
  ],
  'date-zero': telling(/<tt:Year>0<\/tt:Year><tt:Month>0</),
  'date-impossible': telling(/<tt:Hour>25<.*<tt:Month>2<\/tt:Month><tt:Day>31</),
  'date-fault': telling(/<env:Fault>.*ter:Action</),
  'zone-odd': telling(/<tt:TZ>\(GMT\+27:00\) Nowhere</),
} satisfies Record<keyof typeof CLOCK_FAULTS, Effect>)
