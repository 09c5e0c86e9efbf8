import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Aedes } from 'aedes'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { silentLogger } from '../base/logger.ts'
import { Cap } from '../consent/cap.ts'
import { CONSENT_TABLES, Consent } from '../consent/consent.ts'
import { LATEST_TIME_TABLES } from '../consent/latest-time.ts'
import { LEDGER_TABLES, Ledger } from '../egress/ledger.ts'
import { CameraFacts, type EventFacts } from '../protocol/camera.ts'
import { signGrant } from '../protocol/grant.ts'
import { openDoor } from '../transport/broker-door.testing.ts'
import { until } from '../transport/until.testing.ts'
import { Discovery } from './discovery.testing.ts'
import { HomeAssistant } from './home-assistant.ts'

const AGENT = 'agentaaaaaaaaaaa'
const CAMERA = 'cameraaaaaaaaaaa'
const ACCOUNT = 'accountaaaaaaaaa'
const TOP = `lenscap/homeassistant/${AGENT}`
const CONFIG = `homeassistant/device/lenscap_${CAMERA}/config`

const facts = CameraFacts.parse({
  ...{ name: 'Front door', manufacturer: 'Maker', model: 'M1', firmware: '1.0', serial: '007', hardwareId: 'h1' },
  ...{
    endpoint: 'urn:uuid:1',
    device: 'deviceaaaaaaaaaa',
    address: '127.0.0.1',
    port: 80,
    macs: ['aa:bb:cc:dd:ee:ff'],
  },
  ...{ addresses: [], hostname: '', gateway: [], dns: [], ntp: [], protocols: [], profiles: [], scopes: [] },
  services: [{ namespace: 'http://www.onvif.org/ver10/events/wsdl', version: '2.6' }],
})

const eventOf = (kind: EventFacts['kind'], active?: boolean): EventFacts => {
  return { kind, topic: 'tns1:x', source: {}, data: {}, ...(active !== undefined && { active }) }
}

/** Home Assistant's broker: what it holds retained, and every message that passed. */
async function broker(t: TestContext) {
  const retained = new Map<string, string>()
  const passed: { topic: string; bytes: number; retain: boolean }[] = []
  const aedes = await Aedes.createBroker()
  aedes.on('publish', ({ topic, payload, retain }) => {
    if (topic.startsWith('$SYS')) return
    passed.push({ topic, bytes: payload.length, retain })
    if (!retain) return
    if (payload.length === 0) retained.delete(topic)
    else retained.set(topic, payload.toString())
  })
  const { url, cut } = await openDoor(t, aedes)
  const homeAssistantStarts = () =>
    aedes.publish(
      { cmd: 'publish', topic: 'homeassistant/status', payload: 'online', qos: 0, retain: false, dup: false },
      () => {},
    )
  return { retained, passed, cut, homeAssistantStarts, url }
}

interface House {
  readonly url: string
  readonly stateDir?: string
}

/** An agent's room with what it needs beside it: consent and the ledger. */
async function room(t: TestContext, { url, stateDir = mkdtempSync(join(tmpdir(), 'lenscap-ha-')) }: House) {
  const db = openDatabase(':memory:', [CONSENT_TABLES + LATEST_TIME_TABLES + LEDGER_TABLES])
  const keys = generateKeyPairSync('ed25519')
  const cap = new Cap(stateDir)
  const pins = { agent: AGENT, account: ACCOUNT, grantKey: keys.publicKey }
  const consent = new Consent({ db, pins, cap, clock: systemClock, onChange: () => {} })
  const ledger = new Ledger(db)
  const shown = await HomeAssistant.open({
    ...{ agent: AGENT, discoveryPrefix: 'homeassistant', stateDir, ledger },
    ...{ clock: systemClock, random: () => 1, logger: silentLogger },
    broker: {
      url,
      clientId: `${AGENT}-ha`,
      username: undefined,
      password: undefined,
      protocolVersion: 4,
      tls: undefined,
    },
    limits: { retry: { firstDelayMs: 10, delayMsMax: 50, steadyAfterMs: 1000 }, pulseMs: 30 },
  })
  const stop = new AbortController()
  let running: Promise<void> | undefined
  const start = () => {
    running = shown.run(stop.signal)
  }
  const end = async () => {
    stop.abort()
    await running
  }
  t.after(async () => {
    await end()
    shown[Symbol.dispose]()
    consent[Symbol.dispose]()
    db.close()
    rmSync(stateDir, { recursive: true, force: true })
  })
  const allow = (serial: number, kinds: readonly 'snapshot'[]) =>
    consent.accept(
      signGrant(
        {
          ...{ v: 1, account: ACCOUNT, agent: AGENT, serial, notBefore: 0, expires: Date.now() + 60_000 },
          ...{ grantedBy: 'useraaaaaaaaaaaa', cameras: [{ camera: CAMERA, kinds: [...kinds] }] },
        },
        keys.privateKey,
      ),
    )
  return { shown, start, end, consent, ledger, allow, cap, stateDir }
}

const discoveryIn = (retained: ReadonlyMap<string, string>) => Discovery.parse(JSON.parse(retained.get(CONFIG) ?? ''))

describe('Home Assistant', () => {
  it('gets one device with the fields that it documents, and the states of its entities', async (t) => {
    const { retained, url } = await broker(t)
    const { shown, start } = await room(t, { url })
    shown.camera(CAMERA, facts)
    const detail = 'its clock is 90 s fast'
    shown.health(CAMERA, { level: 'up', diagnoses: [{ code: 'CLOCK_SKEW', detail }], latencyMs: 12 })
    start()
    await until('all is told', () => retained.has(`${TOP}/${CAMERA}/motion`))
    const { dev, cmps } = discoveryIn(retained)
    assert.deepEqual(Object.keys(cmps).toSorted(), ['diagnosis', 'motion', 'online'])
    assert.equal(dev.sn, '007')
    assert.equal(retained.get(`${TOP}/status`), 'online')
    assert.equal(retained.get(`${TOP}/${CAMERA}/online`), 'ON')
    assert.equal(retained.get(`${TOP}/${CAMERA}/diagnosis`), 'CLOCK_SKEW')
    assert.match(retained.get(`${TOP}/${CAMERA}/details`) ?? '', /Set the camera's clock/)
    assert.equal(retained.get(`${TOP}/${CAMERA}/motion`), 'OFF')
  })

  it('gets a sensor for a kind when the camera first tells it, and is told when it ends', async (t) => {
    const { retained, url } = await broker(t)
    const { shown, start } = await room(t, { url })
    shown.camera(CAMERA, facts)
    start()
    shown.event(CAMERA, eventOf('person', true))
    await until('on', () => retained.get(`${TOP}/${CAMERA}/person`) === 'ON')
    assert.equal(discoveryIn(retained).cmps['person']?.p, 'binary_sensor')
    assert.equal(discoveryIn(retained).cmps['vehicle'], undefined)
    shown.event(CAMERA, eventOf('person', false))
    await until('off', () => retained.get(`${TOP}/${CAMERA}/person`) === 'OFF')
    shown.event(CAMERA, eventOf('vehicle'))
    await until('a pulse begins', () => retained.get(`${TOP}/${CAMERA}/vehicle`) === 'ON')
    await until('a pulse ends', () => retained.get(`${TOP}/${CAMERA}/vehicle`) === 'OFF')
  })

  it('is not shown as moving for ever what was lost of sight', async (t) => {
    const { retained, url } = await broker(t)
    const { shown, start } = await room(t, { url })
    shown.camera(CAMERA, facts)
    start()
    for (const lose of [
      () => shown.health(CAMERA, { level: 'unreachable', diagnoses: [{ code: 'UNREACHABLE', detail: '' }] }),
      () => shown.event(CAMERA, eventOf('gap')),
    ]) {
      shown.event(CAMERA, eventOf('motion', true))
      await until('on', () => retained.get(`${TOP}/${CAMERA}/motion`) === 'ON')
      lose()
      await until('off', () => retained.get(`${TOP}/${CAMERA}/motion`) === 'OFF')
    }
    assert.equal(retained.get(`${TOP}/${CAMERA}/online`), 'OFF')
  })

  it('hears by the will that the box is gone, and that it is back', async (t) => {
    const { retained, passed, url, cut } = await broker(t)
    const { shown, start, end } = await room(t, { url })
    shown.camera(CAMERA, facts)
    start()
    const statuses = () => passed.filter(({ topic }) => topic === `${TOP}/status`).length
    await until('online', () => retained.get(`${TOP}/status`) === 'online')
    cut()
    await until('offline and online again', () => statuses() >= 3 && retained.get(`${TOP}/status`) === 'online')
    await end()
    assert.equal(retained.get(`${TOP}/status`), 'offline')
  })

  it('is told everything again when it starts', async (t) => {
    const { retained, passed, url, homeAssistantStarts } = await broker(t)
    const { shown, start } = await room(t, { url })
    shown.camera(CAMERA, facts)
    start()
    await until('told', () => retained.has(CONFIG) && retained.has(`${TOP}/${CAMERA}/motion`))
    const told = () => passed.filter(({ topic }) => topic === CONFIG).length
    const before = told()
    await until('told again', () => {
      homeAssistantStarts()
      return told() > before
    })
  })

  it('gets a picture only under a grant, never retained, and the ledger has it', async (t) => {
    const { retained, passed, url } = await broker(t)
    const { shown, start, consent, ledger, allow } = await room(t, { url })
    shown.camera(CAMERA, facts)
    start()
    await until('told', () => retained.has(CONFIG))
    assert.equal(discoveryIn(retained).cmps['snapshot'], undefined)
    assert.equal(consent.grant(CAMERA, 'snapshot'), undefined)
    allow(1, ['snapshot'])
    const grant = consent.grant(CAMERA, 'snapshot')
    assert.ok(grant)
    shown.allowSnapshots(CAMERA, true)
    await until('there is an image', () => discoveryIn(retained).cmps['snapshot'] !== undefined)
    await shown.snapshot(grant, Buffer.alloc(300_000, 1))
    const pictures = passed.filter(({ topic }) => topic === `${TOP}/${CAMERA}/snapshot`)
    assert.deepEqual(pictures, [{ topic: `${TOP}/${CAMERA}/snapshot`, bytes: 300_000, retain: false }])
    assert.deepEqual(
      ledger.rows(0, 9).map(({ outcome, bytes, grantSerial }) => [outcome, bytes, grantSerial]),
      [
        ['begun', 300_000, 1],
        ['done', 300_000, 1],
      ],
    )
    allow(2, [])
    await assert.rejects(shown.snapshot(grant, Buffer.alloc(9)), { kind: 'refused' })
    shown.allowSnapshots(CAMERA, false)
    await until('the image is gone', () => JSON.stringify(discoveryIn(retained).cmps['snapshot']) === '{"p":"image"}')
    assert.equal(ledger.rows(0, 9).length, 2)
    assert.equal(passed.filter(({ topic }) => topic.endsWith('/snapshot')).length, 1)
  })

  it('keeps nothing of a camera that went, nor of any once it was switched off, restarts in between', async (t) => {
    const { retained, url } = await broker(t)
    const stateDir = mkdtempSync(join(tmpdir(), 'lenscap-ha-'))
    const first = await room(t, { url, stateDir })
    const other = 'camerabbbbbbbbbb'
    for (const camera of [CAMERA, other]) {
      first.shown.camera(camera, facts)
      first.shown.health(camera, { level: 'up', diagnoses: [] })
      first.shown.event(camera, eventOf('vehicle', true))
    }
    first.start()
    await until(
      'told',
      () => retained.get(`${TOP}/${other}/vehicle`) === 'ON' && retained.has(`${TOP}/${CAMERA}/online`),
    )
    first.shown.forget(CAMERA)
    const of = (camera: string) => [...retained.keys()].filter((topic) => topic.includes(camera))
    await until('one is gone', () => of(CAMERA).length === 0)
    assert.ok(of(other).length >= 5)
    await first.end()
    const second = await room(t, { url, stateDir })
    await second.shown.withdraw(new AbortController().signal)
    assert.deepEqual([...retained], [])
    assert.equal(existsSync(join(stateDir, 'homeassistant.json')), false)
    const third = await room(t, { url, stateDir })
    await third.shown.withdraw(new AbortController().signal)
  })
})
