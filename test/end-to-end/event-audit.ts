import assert from 'node:assert/strict'
import type { EventFacts } from '../../agent/protocol/camera.ts'
import type { SimulatedEntry } from '../harness/simulator-control.ts'

/** Between a journal's time and the one that the camera tells, which is cut to whole seconds. */
const ROUND_MS = 20
/** Between two processes' clocks, and how long a subscription takes from the one to the other. */
const SLACK_MS = 1000
/** The agent's mark of when it heard a device is written every ten seconds; the rest is a start on a busy machine. */
const GAP_MS_MAX = 30_000

interface Span {
  readonly from: number
  readonly until: number
}

export interface Audit {
  readonly raised: number
  /** Lost with an agent that died, each within a gap that says so. */
  readonly lost: number
  readonly gaps: number
}

/** When the agent next had a pull point of this camera. */
export const subscribedAfter = (entries: readonly SimulatedEntry[], moment: number): number | undefined =>
  entries.find((entry) => isSubscription(entry) && entry.at > moment)?.at

/** Whether all that the camera raised since the agent listens again is told: the agent rests between two pulls. */
export function isAllTold(entries: readonly SimulatedEntry[], told: readonly EventFacts[], death: number): boolean {
  const from = subscribedAfter(entries, death)
  assert.ok(from !== undefined, 'the agent has subscribed again')
  const since = entries.filter(({ kind, at }) => kind === 'event' && at > from)
  return [true, false].every((active) => {
    const events = since.filter((event) => event.active === active)
    return unmatched(events, timesOf(told, active)).length === 0
  })
}

/**
 * Compares what one camera's journal says it raised with what the bridge has committed of it.
 * @param deaths when the agent was killed, UTC ms
 */
export function auditEvents(
  entries: readonly SimulatedEntry[],
  told: readonly EventFacts[],
  deaths: readonly number[],
): Audit {
  assert.ok(entries.length < 1000, 'the journal is whole')
  const raised = entries.filter(({ kind }) => kind === 'event')
  const gaps = told.filter(({ kind }) => kind === 'gap').map(({ data }) => spanOf(data))
  const spans = [...deaths, ...resubscriptions(entries)].map((moment) => mayBeLost(entries, moment))
  const lost = [true, false].flatMap((active) => {
    const times = timesOf(told, active)
    const events = raised.filter((event) => event.active === active)
    const [excusable, due] = split(events, ({ at }) => spans.some((span) => within(at, span, 0)))
    const [missing] = unmatched(due, times)
    assert.equal(
      missing,
      undefined,
      `lost while the agent listened:\n${around(entries, missing?.at ?? 0)}\n${JSON.stringify(spans)}`,
    )
    const gone = unmatched(excusable, times)
    // What is left over was told though nothing happened: only a subscription's own account of what lasts may be.
    const doubled = times.filter(
      (time) =>
        !active || (subscribedAfter(entries, time - SLACK_MS) ?? Number.POSITIVE_INFINITY) > time + 2 * SLACK_MS,
    )
    assert.deepEqual(doubled, [], 'told twice')
    return gone
  })
  for (const { at } of lost) {
    assert.ok(
      gaps.some((gap) => within(at, gap, SLACK_MS)),
      `no gap names what was lost at ${at}: ${JSON.stringify(gaps)}`,
    )
  }
  for (const gap of gaps) assert.ok(gap.until - gap.from < GAP_MS_MAX, 'a gap is told about as narrow as it was')
  return { raised: raised.length, lost: lost.length, gaps: gaps.length }
}

/**
 * Just before each pull point but the first. An agent that could not pull in time, as on a machine that stands still for
 * seconds, listens anew; what it missed has to be named like what a dead one missed.
 */
const resubscriptions = (entries: readonly SimulatedEntry[]): number[] =>
  entries
    .filter(isSubscription)
    .map(({ at }) => at - 1)
    .slice(1)

const isSubscription = ({ operation, status }: SimulatedEntry) =>
  operation === 'CreatePullPointSubscription' && status === 200

/**
 * Precisely what may be lost with an agent that died or began anew: events that came with the last answered pull, since the
 * agent may have died before they were on its disk, and events until its next subscription, since nobody listened. An event
 * in an answer after which the agent pulled again is safe: it pulls again only when what it had is numbered.
 */
function mayBeLost(entries: readonly SimulatedEntry[], moment: number): Span {
  const answered = entries.filter(
    ({ operation, status, at }) => operation === 'PullMessages' && status === 200 && at <= moment,
  )
  const until = subscribedAfter(entries, moment)
  assert.ok(until !== undefined, 'the agent has subscribed again')
  return { from: answered.at(-2)?.at ?? 0, until }
}

/** When the camera says that its events began or ended, ms. */
const timesOf = (told: readonly EventFacts[], active: boolean): number[] =>
  told
    .filter((event) => event.kind !== 'gap' && event.active === active)
    .map(({ cameraTime = '' }) => Date.parse(cameraTime))

/** Takes out of `times` what the events match, whole seconds first; gives back those that match nothing. */
function unmatched(events: readonly SimulatedEntry[], times: number[]): SimulatedEntry[] {
  const without = (left: readonly SimulatedEntry[], fits: (at: number, second: number) => boolean) =>
    left.filter(({ at }) => {
      const found = times.findIndex((second) => fits(at, second))
      if (found >= 0) times.splice(found, 1)
      return found < 0
    })
  const left = without(events, (at, second) => second === Math.floor(at / 1000) * 1000)
  return without(left, (at, second) => at > second - ROUND_MS && at < second + 1000 + ROUND_MS)
}

const within = (at: number, { from, until }: Span, slackMs: number) => at >= from - slackMs && at <= until + slackMs

const spanOf = (data: Readonly<Record<string, string>>): Span => ({
  from: Date.parse(data['from'] ?? ''),
  until: Date.parse(data['until'] ?? ''),
})

function split<T>(values: readonly T[], test: (value: T) => boolean): [T[], T[]] {
  return [values.filter(test), values.filter((value) => !test(value))]
}

/** What the camera saw around a moment, for whoever looks into a failure. */
const around = (entries: readonly SimulatedEntry[], moment: number): string =>
  entries
    .filter(({ at, kind }) => Math.abs(at - moment) < 3000 && kind !== 'connection')
    .map(({ at, operation, event, active, status }) => `${at - moment} ${operation ?? event} ${status ?? active}`)
    .join('\n')
