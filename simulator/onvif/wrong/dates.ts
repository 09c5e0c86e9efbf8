import type { FaultName } from '../../faults/fault.ts'
import { clockFace } from '../clock-face.ts'
import type { CameraFacts } from '../facts.ts'
import type { AnswerRule } from './rule.ts'

const DATE = ['GetSystemDateAndTime']
const UTC = /<tt:UTCDateTime>.*?<\/tt:UTCDateTime>/
const HOUR_MS = 3_600_000

const telling = (utcMs: (facts: CameraFacts) => number) => (text: string, facts: CameraFacts) =>
  text.replace(UTC, `<tt:UTCDateTime>${clockFace(utcMs(facts))}</tt:UTCDateTime>`)

const everywhere = (time: string, date: string) => (text: string) =>
  text
    .replace(/<tt:Time>.*?<\/tt:Time>/g, `<tt:Time>${time}</tt:Time>`)
    .replace(/<tt:Date>.*?<\/tt:Date>/g, `<tt:Date>${date}</tt:Date>`)

const time = (hour: number, minute: number) =>
  `<tt:Hour>${hour}</tt:Hour><tt:Minute>${minute}</tt:Minute><tt:Second>0</tt:Second>`
const date = (year: number, month: number, day: number) =>
  `<tt:Year>${year}</tt:Year><tt:Month>${month}</tt:Month><tt:Day>${day}</tt:Day>`

/** How a camera tells its date wrongly. */
export const DATES: Partial<Record<FaultName, AnswerRule>> = {
  'date-dst-wrong': {
    operations: DATE,
    change: (text, _, facts) =>
      telling(() => facts.cameraNow() + HOUR_MS)(text, facts).replace(/(DaylightSavings>)false/, '$1true'),
  },
  'date-local-as-utc': {
    operations: DATE,
    change: (text, _, facts) =>
      telling(() => facts.cameraNow() + 8 * HOUR_MS)(text, facts).replace(/(<tt:TZ>)[^<]*/, '$1CST-8'),
  },
  'date-no-utc': { operations: DATE, change: (text) => text.replace(UTC, '') },
  'date-zero': { operations: DATE, change: everywhere(time(0, 0), date(0, 0, 0)) },
  'date-impossible': { operations: DATE, change: everywhere(time(25, 61), date(2026, 2, 31)) },
  'zone-odd': { operations: DATE, change: (text) => text.replace(/(<tt:TZ>)[^<]*/, '$1(GMT+27:00) Nowhere') },
}
