import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { openDevice } from '../onvif/device.ts'
import type { Notification } from '../onvif/notification.ts'
import { notificationsIn } from '../onvif/notification.ts'
import { parseXml } from '../onvif/xml.ts'
import { type DeviceEvent, eventOf } from './event.ts'
import { kindOf } from './kinds.ts'
import { StormLimit } from './storm.ts'
import { watchEvents } from './watch.ts'

const BRANDS = [
  ['Hikvision', 'tns1:RuleEngine/CellMotionDetector/Motion', { IsMotion: 'true' }, 'motion', true],
  ['Hikvision', 'tns1:RuleEngine/FieldDetector/ObjectsInside', { IsInside: 'false' }, 'intrusion', false],
  ['Hikvision', 'tns1:RuleEngine/LineDetector/Crossed', { ObjectId: '1' }, 'line-crossing', undefined],
  ['Hikvision', 'tns1:VideoSource/MotionAlarm', { State: '1' }, 'motion', true],
  ['Hikvision', 'tns1:RuleEngine/TamperDetector/Tamper', { IsTamper: 'true' }, 'tamper', true],
  ['Hikvision', 'tns1:Device/Trigger/tnshik:AlarmIn', { State: 'true' }, 'input', true],
  ['Dahua', 'tns1:UserAlarm/IVA/HumanShapeDetect', { State: 'true' }, 'person', true],
  ['Dahua', 'tns1:VideoSource/GlobalSceneChange/ImagingService', { State: 'true' }, 'tamper', true],
  ['Dahua', 'tns1:Device/Trigger/DigitalInput', { LogicalState: 'false' }, 'input', false],
  ['Dahua', 'tns1:AudioAnalytics/Audio/DetectedSound', { IsSoundDetected: 'true' }, 'sound', true],
  ['Dahua', 'tns1:Device/HardwareFailure/StorageFailure', { Failed: 'true' }, 'storage', true],
  ['Reolink', 'tns1:RuleEngine/MyRuleDetector/PeopleDetect', { State: 'true' }, 'person', true],
  ['Reolink', 'tns1:RuleEngine/MyRuleDetector/FaceDetect', { State: 'true' }, 'face', true],
  ['Reolink', 'tns1:RuleEngine/MyRuleDetector/VehicleDetect', { State: 'false' }, 'vehicle', false],
  ['Reolink', 'tns1:RuleEngine/MyRuleDetector/DogCatDetect', { State: 'true' }, 'animal', true],
  ['Reolink', 'tns1:RuleEngine/MyRuleDetector/Visitor', { State: 'true' }, 'doorbell', true],
  ['Axis', 'tnsaxis:CameraApplicationPlatform/VMD/Camera1ProfileANY', { active: '1' }, 'motion', true],
  ['Axis', 'tnsaxis:CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1', { active: '0' }, 'intrusion', false],
  [
    'Axis',
    'tnsaxis:CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1',
    { active: '1', classTypes: 'human' },
    'person',
    true,
  ],
  ['Tapo', 'tns1:RuleEngine/PeopleDetector/People', { IsPeople: 'true' }, 'person', true],
  ['Tapo', 'tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent', { IsVehicle: 'true' }, 'vehicle', true],
  ['Tapo', 'tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent', { IsPet: 'false' }, 'animal', false],
  ['any', 'tns1:Monitoring/ProcessorUsage', { Value: '31' }, 'other', undefined],
] as const

for (const [brand, topic, data, kind, active] of BRANDS) {
  test(`${brand}: ${topic} with ${Object.keys(data).join()} is ${kind}`, () => {
    const event = eventOf({ topic, operation: 'changed', cameraTime: '', source: {}, data })
    assert.deepEqual([event?.kind, event?.active, event?.topic], [kind, active, topic])
  })
}

const said = (operation: Notification['operation'], state: string): Notification => ({
  topic: 'tns1:VideoSource/MotionAlarm',
  operation,
  cameraTime: '0000-00-00T00:00:00Z',
  source: { Source: 'VS_2' },
  data: { State: state },
})

test('what a subscription starts with is only told while it lasts', () => {
  assert.equal(eventOf(said('initialized', 'false')), undefined)
  assert.equal(eventOf(said('deleted', 'true')), undefined)
  assert.equal(eventOf(said('initialized', 'true'))?.active, true)
  assert.deepEqual(eventOf(said('changed', 'false')), {
    kind: 'motion',
    active: false,
    topic: 'tns1:VideoSource/MotionAlarm',
    source: { Source: 'VS_2' },
    data: { State: 'false' },
    cameraTime: '0000-00-00T00:00:00Z',
    sourceToken: 'VS_2',
  })
})

test('an empty notification is none, and an unknown topic is kept raw', () => {
  const reply = parseXml(
    '<R><NotificationMessage/><NotificationMessage><Topic>x:A/B</Topic><Message><tt:Message UtcTime="t"><Data><SimpleItem Name="a" Value="b"/></Data></tt:Message></Message></NotificationMessage></R>',
  ).one('R')
  assert.ok(reply)
  const [only, ...rest] = notificationsIn(reply)
  assert.deepEqual(only, { topic: 'x:A/B', operation: undefined, cameraTime: 't', source: {}, data: { a: 'b' } })
  assert.equal(rest.length, 0)
  assert.equal(kindOf('x:A/B', {}), 'other')
})

test('a storm passes 20 events in 10 s per source, then its count and how it ended', () => {
  const storm = new StormLimit()
  const event = (sourceToken: string, active: boolean): DeviceEvent => ({
    kind: 'motion',
    topic: 't',
    source: {},
    data: {},
    sourceToken,
    active,
  })
  let passed = 0
  for (let i = 0; i < 51; i += 1) passed += storm.accept(event('a', i % 2 === 0), i).length
  assert.equal(passed, 20)
  assert.equal(storm.accept(event('b', true), 60).length, 1)
  storm.accept(event('a', false), 61)
  assert.deepEqual(storm.flush(9_000), [])
  const [summary, ended, ...rest] = storm.flush(10_001)
  assert.equal(summary?.kind, 'suppressed')
  assert.equal(summary?.data['suppressed'], '32')
  assert.equal(summary?.sourceToken, 'a')
  assert.equal(ended?.active, false)
  assert.equal(rest.length, 0)
  assert.equal(storm.accept(event('a', true), 10_002).length, 1)
})

const envelope = (body: string) => `<s:Envelope><s:Body>${body}</s:Body></s:Envelope>`

/** A camera that lets everybody in, and answers each operation as the table says. */
async function scripted(t: { after(done: () => void): void }, answers: Record<string, () => string | undefined>) {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const operation = /<s:Body[^>]*><(\w+)/.exec(body)?.[1] ?? ''
    asked.push(operation)
    const answer = answers[operation]?.() ?? `<${operation}Response/>`
    if (answer !== 'silence') response.writeHead(answer.includes('Fault') ? 400 : 200).end(envelope(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const signal = new AbortController().signal
  const device = await openDevice({ address: '127.0.0.1', port, clock: systemClock, signal })
  return { device, count: (operation: string) => asked.filter((each) => each === operation).length }
}

const SERVICES = () =>
  '<GetServicesResponse><Service><Namespace>http://www.onvif.org/ver10/events/wsdl</Namespace><XAddr>http://192.0.2.1/e</XAddr></Service></GetServicesResponse>'
const CREATED = () =>
  '<CreatePullPointSubscriptionResponse><SubscriptionReference><Address>http://192.0.2.1/sub</Address></SubscriptionReference></CreatePullPointSubscriptionResponse>'
const BLOCKED = () =>
  '<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>ter:BlockedThreadUpperLimit</s:Value></s:Subcode></s:Code></s:Fault>'

/** Runs the watch for so long; what it reported of failures. */
async function watchFor(device: Awaited<ReturnType<typeof scripted>>['device'], ms: number) {
  const failures: unknown[] = []
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), ms)
  const events: DeviceEvent[] = []
  const observer = { answered() {}, failed: (error: unknown) => failures.push(error) }
  const options = { clock: systemClock, signal: controller.signal, observer, random: () => 0 }
  for await (const event of watchEvents(() => device, options)) events.push(event)
  clearTimeout(timer)
  return { events, failures }
}

test('a camera that answers each pull at once with nothing is asked twice a second, and freed at the end', async (t) => {
  const { device, count } = await scripted(t, { GetServices: SERVICES, CreatePullPointSubscription: CREATED })
  await watchFor(device, 800)
  assert.ok(count('PullMessages') <= 3, `${count('PullMessages')} pulls`)
  assert.equal(count('CreatePullPointSubscription'), 1)
  assert.equal(count('Unsubscribe'), 1)
})

test('a camera whose pulls fail is subscribed to again after a rest, not at once', async (t) => {
  const { device, count } = await scripted(t, {
    GetServices: SERVICES,
    CreatePullPointSubscription: CREATED,
    PullMessages: () => '<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code></s:Fault>',
  })
  const { failures } = await watchFor(device, 1_500)
  assert.equal(count('CreatePullPointSubscription'), 2)
  assert.equal(failures.length, 2)
})

test('a camera without a free slot is left alone', async (t) => {
  const { device, count } = await scripted(t, { GetServices: SERVICES, CreatePullPointSubscription: BLOCKED })
  const { failures } = await watchFor(device, 1_500)
  assert.equal(count('CreatePullPointSubscription'), 1)
  assert.equal(failures.length, 1)
})
