import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { HealthStore } from '../health/store.ts'
import { AbsenceStore } from '../inventory/absence.ts'
import { InventoryStore } from '../inventory/store.ts'
import { CameraFacts } from '../protocol/camera.ts'
import { forgottenIn } from './forget.ts'
import { Forgetting } from './forgetting.ts'
import { knownIn } from './inspect.ts'
import { openStateDatabase } from './state.ts'

const LOST = 'lostaaaaaaaaaaaa'
const DEAR = 'dearaaaaaaaaaaaa'
const HERE = 'hereaaaaaaaaaaaa'

const facts = (address: string) =>
  CameraFacts.parse({
    ...{ name: 'Yard', manufacturer: 'Maker', model: 'M1', firmware: '', serial: '', hardwareId: '', endpoint: '' },
    ...{ device: 'd', address, port: 80, macs: [], addresses: [], hostname: '', gateway: [], dns: [], ntp: [] },
    ...{ protocols: [], profiles: [], scopes: [], services: [] },
  })

/** A box that knows three cameras, of which one answers and one is allowed to send clips. */
function box(t: TestContext) {
  const db = openStateDatabase(':memory:')
  t.after(() => db.close())
  const store = new InventoryStore(db)
  ;[LOST, DEAR, HERE].forEach((camera, i) => {
    const address = `192.0.2.${i + 1}`
    const device = { device: `${camera.slice(0, 12)}bbbb`, endpoint: '', manufacturer: '', model: '', serial: '' }
    void store.saveDevice({ ...device, macs: [], address, port: 80, path: '/', https: false, username: '' })
    void store.saveCamera(device.device, camera, '1', facts(address))
    new HealthStore(db).save(camera, 1, { level: 'up', diagnoses: [] })
  })
  store.reload()
  const state = { here: new Set([HERE]), waiting: false, days: 2, forgotten: 0, told: [] as string[] }
  const make = () =>
    new Forgetting({
      ...{ db, clock: systemClock, logger: silentLogger },
      consent: { allows: (camera, kind) => camera === DEAR && kind === 'clip' },
      egress: { holds: (camera) => camera === DEAR && state.waiting },
      journal: { activity: (kind, message, camera) => state.told.push(`${kind} ${camera}: ${message}`) },
      isThere: (camera) => state.here.has(camera),
      afterDays: () => state.days,
      onForgotten: () => {
        state.forgotten += 1
      },
    })
  let forgetting = make()
  return {
    state,
    db,
    hours: (count: number) => {
      for (let hour = 0; hour < count; hour += 1) forgetting.hourPassed()
    },
    restart: () => {
      forgetting = make()
    },
    known: () => knownIn(db).map(({ camera }) => camera),
  }
}

describe('cameras that are gone', () => {
  it('are forgotten after the days that were set, over restarts; their owner is told first where they allow something', (t) => {
    const { state, db, hours, restart, known } = box(t)
    hours(23)
    assert.deepEqual(state.told, [])
    restart()
    hours(1)
    assert.equal(state.told.length, 1)
    assert.match(
      state.told[0] ?? '',
      new RegExp(`^camera-lost ${DEAR}: Maker M1 at 192.0.2.2 was not seen for 1 day. In 1 day this box forgets it`),
    )
    hours(23)
    assert.deepEqual(known(), [LOST, DEAR, HERE])
    hours(1)
    assert.deepEqual(known(), [HERE])
    assert.equal(state.forgotten, 1, 'the agent begins anew once for all of them')
    assert.deepEqual(forgottenIn(db).cameras().toSorted(), [DEAR, LOST], 'brokers are told at the next beginning')
    assert.deepEqual(
      new InventoryStore(db).forgotten().map(({ reason }) => reason),
      ['not-seen', 'not-seen'],
    )
    assert.equal(new HealthStore(db).of(LOST), undefined)
    assert.equal(new AbsenceStore(db).of(LOST).hours, 0)
  })

  it('are not forgotten by a box that sees none at all, nor where that is switched off', (t) => {
    const { state, hours, known } = box(t)
    state.here.clear()
    hours(500)
    state.here.add(HERE)
    state.days = 0
    hours(500)
    assert.equal(known().length, 3)
    state.days = 2
    hours(47)
    assert.equal(known().length, 3, 'those hours did not count')
    hours(1)
    assert.equal(known().length, 1)
  })

  it('stay while their media waits, and when they come back in time', (t) => {
    const { state, hours, known } = box(t)
    state.waiting = true
    hours(40)
    state.here.add(LOST)
    hours(1)
    state.here.delete(LOST)
    hours(40)
    assert.deepEqual(known(), [LOST, DEAR, HERE])
    state.waiting = false
    hours(1)
    assert.deepEqual(known(), [LOST, HERE])
  })
})
