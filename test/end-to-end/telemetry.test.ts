import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { EventFacts } from '../../agent/protocol/camera.ts'
import type { Box } from '../harness/box.ts'
import { House } from '../harness/house.ts'
import type { SimulatedFacts, SimulatedJournal } from '../harness/simulator-control.ts'
import { until } from '../harness/until.ts'
import { auditEvents, isAllTold, subscribedAfter } from './event-audit.ts'

/** Brands that have a slot for each agent that dies within the minute for which a dead one's is held. */
const PROFILES = ['reolink', 'hikvision', 'axis']
/** All three say it once. */
const KIND = 'person'
const KILLS = 5
/** With those at each kill, below the rate at which the agent would sum up a storm. */
const RAISE_EVERY_MS = 2000

/** Raises an event on every camera again and again. Returns how to stop. */
function raising(house: House, cameras: readonly SimulatedFacts[]) {
  const stopping = new AbortController()
  const work = (async () => {
    while (!stopping.signal.aborted) {
      for (const { id } of cameras) await house.simulator.raise(id, KIND)
      await sleep(RAISE_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()
  return async () => {
    stopping.abort()
    await work
  }
}

/** Waits until the agent has a pull point of every camera again. */
async function listensAgain(house: House, cameras: readonly SimulatedFacts[], death: number): Promise<void> {
  for (const { id } of cameras) {
    await until('the agent listens again', async () =>
      subscribedAfter((await house.simulator.journal(id)).entries, death),
    )
  }
}

/** The journal of a camera whose last event has ended. */
async function finalJournal(house: House, camera: string): Promise<SimulatedJournal> {
  return await until('every event has ended', async () => {
    const journal = await house.simulator.journal(camera)
    const events = journal.entries.filter(({ kind }) => kind === 'event')
    return events.filter(({ active }) => active).length * 2 === events.length && journal
  })
}

/** An instant at which everything that the box has numbered is committed, and the box knows it. */
async function settled(house: House, box: Box) {
  return await until('all that the box numbered is committed', () => {
    const [spool] = box.rows(
      'spool',
      'SELECT stream, next - 1 AS newest, (SELECT count(*) FROM message) AS waiting FROM spool',
    )
    const streams = house.records('SELECT stream, up_to, ahead, rejected FROM streams')
    const isLevel = spool?.['waiting'] === 0 && streams.some(({ up_to }) => up_to === spool['newest'])
    return isLevel && { stream: spool['stream'], newest: spool['newest'], streams }
  })
}

test('no telemetry is lost or doubled, however often bridge and agent are killed', { timeout: 270_000 }, async (t) => {
  await using house = await House.build({ signal: t.signal, profiles: PROFILES })
  const box = await house.move('box')
  const known = await house.cameras(PROFILES.length)
  const simulated = await house.simulator.cameras()
  const stopRaising = raising(house, simulated)
  await until('the first event is committed', () => house.records('SELECT id FROM events LIMIT 1').length > 0)

  const deaths: number[] = []
  const delays: number[] = []
  // Sooner or later after an event was raised, mostly while it is on its way from camera to records.
  const atSomeMoment = async () => {
    await sleep(200 + Math.random() * 600)
    await Promise.all(simulated.map(({ id }) => house.simulator.raise(id, KIND)))
    delays.push(Math.round(Math.random() * 40))
    await sleep(delays.at(-1))
  }
  for (let kill = 0; kill < KILLS; kill += 1) {
    await atSomeMoment()
    await house.killBridge()
    // Now the bridge is back before the agent dies, now both are dead together.
    if (kill % 2 === 0) await house.startBridge()
    await atSomeMoment()
    const death = Date.now()
    deaths.push(death)
    await box.kill()
    if (kill % 2 === 1) await house.startBridge()
    await box.start(house.owner)
    await listensAgain(house, simulated, death)
  }
  await atSomeMoment()
  await stopRaising()
  t.diagnostic(`killed ${delays.join(', ')} ms after an event`)

  const journals = new Map<string, SimulatedJournal>()
  for (const { id, address } of simulated) journals.set(address, await finalJournal(house, id))
  const entriesOf = ({ facts }: (typeof known)[number]) => journals.get(facts.address)?.entries ?? []
  const toldOf = ({ id }: (typeof known)[number]) =>
    house
      .records(`SELECT event FROM events WHERE camera = '${id}' ORDER BY id`)
      .map(({ event }) => EventFacts.parse(JSON.parse(String(event))))
  const lastDeath = Math.max(...deaths)
  await until('the last events of every camera are committed', () =>
    known.every((camera) => isAllTold(entriesOf(camera), toldOf(camera), lastDeath)),
  )

  const { stream, newest, streams } = await settled(house, box)
  // One stream, 1 to n, nothing missing and nothing refused; and each number was counted once.
  assert.deepEqual(streams, [{ stream, up_to: newest, ahead: '[]', rejected: 0 }])
  assert.deepEqual(house.records('SELECT messages FROM agents'), [{ messages: newest }])

  const audits = known.map((camera) => auditEvents(entriesOf(camera), toldOf(camera), deaths))
  for (const { gaps, raised } of audits) {
    assert.ok(gaps >= KILLS, `${gaps} gaps for ${KILLS} deaths`)
    assert.ok(raised >= 20, `${raised} events`)
  }
  const lost = audits.reduce((sum, audit) => sum + audit.lost, 0)
  const raised = audits.reduce((sum, audit) => sum + audit.raised, 0)
  t.diagnostic(
    `${newest} messages; ${raised} events, ${lost} of them lost while no agent listened, each named by a gap`,
  )
})
