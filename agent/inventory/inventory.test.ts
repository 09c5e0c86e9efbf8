import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { type Database, openDatabase } from '../base/database.ts'
import { type Credential, Secret } from '../base/secret.ts'
import type { Subject } from '../credentials/for.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { cameraOfEvent } from './access.ts'
import { credibleEndpoint, credibleSerial, type Identity, isSameDevice } from './identity.ts'
import { type CameraChange, type DeviceTrouble, Inventory } from './inventory.ts'
import { INVENTORY_TABLES } from './tables.ts'

const signal = new AbortController().signal
const owner = { username: 'admin', password: new Secret('right') }

test('serials and endpoint references that makers leave in are not believed', () => {
  for (const fake of ['', ' ', '0000000000', '1234567890', '123456', 'FFFFFFFF', 'Unknown', 'N/A', 'abcdefgh', '12'])
    assert.equal(credibleSerial(fake), '', fake)
  for (const real of ['00336803442554810771', 'ABBF0EED', ' DS-2CD2388X '])
    assert.equal(credibleSerial(real), real.trim())
  assert.equal(credibleEndpoint('urn:uuid:00000000-0000-0000-0000-000000000000'), '')
  assert.equal(credibleEndpoint('urn:uuid:3CF0943E-fba5'), credibleEndpoint('uuid:3cf0943e-FBA5'))
})

const base: Identity = {
  endpoint: 'urn:uuid:3cf0943e-fba5-83d8-8cad-44a2c7ddb82f',
  manufacturer: 'M',
  model: 'X',
  serial: 'SER7001',
  macs: ['02:00:00:00:00:01'],
  address: '10.0.0.1',
  port: 80,
}
const unmarked = { endpoint: '', serial: '0000', macs: [] }
const other = 'urn:uuid:aaaaaaaa-fba5-83d8-8cad-44a2c7ddb82f'

const SAME: readonly [string, Partial<Identity>, Partial<Identity>, boolean][] = [
  ['at another address', {}, { address: '10.0.0.9' }, true],
  ['with other firmware that made a new endpoint reference', {}, { endpoint: other }, true],
  ['on Wi-Fi instead of cable', {}, { macs: ['02:00:00:00:00:02'] }, true],
  ['known by its endpoint reference alone', { serial: '', macs: [] }, { address: '10.0.0.9' }, true],
  ['with nothing to believe, in its place', unmarked, unmarked, true],
  ['with nothing to believe, elsewhere', unmarked, { ...unmarked, address: '10.0.0.9' }, false],
  [
    'a clone of its endpoint reference',
    {},
    { serial: 'SER7002', macs: ['02:00:00:00:00:02'], address: '10.0.0.9' },
    false,
  ],
  ['another that took its address', {}, { endpoint: other, serial: 'SER7002', macs: ['02:00:00:00:00:02'] }, false],
  ['another maker with the same serial', {}, { endpoint: other, manufacturer: 'N', macs: [] }, false],
  [
    'the same placeholder serial',
    { ...base, serial: '123456' },
    { ...unmarked, serial: '123456', macs: ['02:00:00:00:00:02'] },
    false,
  ],
]

for (const [name, known, seen, same] of SAME) {
  test(`identity: ${name} is ${same ? 'the same' : 'another'}`, () => {
    assert.equal(isSameDevice({ ...base, ...known }, { ...base, ...seen }, false), same)
  })
}

test('of two found in one pass, one mark in common makes no single device', () => {
  assert.equal(isSameDevice({ ...base, serial: '', macs: [] }, { ...base, address: '10.0.0.9' }, true), false)
  assert.equal(isSameDevice(base, { ...base, address: '10.0.0.9' }, true), true)
})

interface Made {
  serial: string
  endpoint: string
  mac: string
  sources: string[]
  firmware: string
  closed: boolean
}

/** A device that tells what `made` says now, and how often it was asked what. */
async function device(t: TestContext, made: Partial<Made> = {}) {
  const state: Made = {
    serial: 'SER7001',
    endpoint: base.endpoint,
    mac: '020000000001',
    sources: ['v1'],
    firmware: '2.10',
    closed: false,
    ...made,
  }
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const operation = /<s:Body[^>]*><(\w+)/.exec(body)?.[1] ?? ''
    asked.push(operation)
    const closed = state.closed && operation !== 'GetSystemDateAndTime'
    const answer = closed
      ? '<Fault><Code><Value>Sender</Value><Subcode><Value>ter:NotAuthorized</Value></Subcode></Code></Fault>'
      : said(operation, state)
    response.writeHead(closed ? 400 : 200).end(`<Envelope><Body>${answer}</Body></Envelope>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const sighting = (): Sighting => ({
    endpoint: state.endpoint,
    types: [],
    scopes: ['onvif://www.onvif.org/name/Front%20door'],
    xaddrs: [],
    address: '127.0.0.1',
    port,
    path: '/onvif/device_service',
    https: false,
    via: 'unicast',
  })
  return { state, asked, sighting }
}

function said(operation: string, { serial, mac, sources, firmware }: Made): string {
  const inner: Record<string, string> = {
    GetDeviceInformation: `<Manufacturer>M</Manufacturer><Model>X</Model><FirmwareVersion>${firmware}</FirmwareVersion><SerialNumber>${serial}</SerialNumber><HardwareId>1</HardwareId>`,
    GetServices:
      '<Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace><XAddr>http://192.0.2.1/m</XAddr></Service>',
    GetNetworkInterfaces: `<NetworkInterfaces><Info><HwAddress>${mac}</HwAddress></Info></NetworkInterfaces>`,
    GetVideoSources: sources.map((token) => `<VideoSources token="${token}"/>`).join(''),
    GetProfiles: sources
      .map(
        (token) =>
          `<Profiles token="p-${token}"><Name>main</Name><VideoSourceConfiguration token="c-${token}"><SourceToken>${token}</SourceToken></VideoSourceConfiguration><VideoEncoderConfiguration><Encoding>H264</Encoding><Resolution><Width>640</Width><Height>360</Height></Resolution></VideoEncoderConfiguration></Profiles>`,
      )
      .join(''),
  }
  return `<${operation}Response>${inner[operation] ?? ''}</${operation}Response>`
}

/** An inventory on a database in a folder of its own; opening it again is a restart. */
function box(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'inventory-'))
  const open: Database[] = []
  t.after(() => {
    for (const db of open) db.close()
    rmSync(folder, { recursive: true })
  })
  return () => {
    const db = openDatabase(join(folder, 'state.db'), [INVENTORY_TABLES])
    open.push(db)
    const inventory = new Inventory({ db, credentials: [owner], clock: systemClock })
    const refresh = async (...sightings: Sighting[]) => {
      const [cameras, troubles]: [CameraChange[], DeviceTrouble[]] = [[], []]
      for await (const news of inventory.refresh(sightings, signal)) {
        if (news.kind === 'camera') cameras.push(news)
        else troubles.push(news)
      }
      return { cameras, troubles }
    }
    return { inventory, refresh }
  }
}

test('a camera is news once, then only what changed of it, and keeps its id through a restart', async (t) => {
  const start = box(t)
  const camera = await device(t)
  const first = start()
  const { cameras } = await first.refresh(camera.sighting())
  const [only] = cameras
  assert.ok(only)
  assert.match(only.camera, /^[a-z2-7]{16}$/)
  assert.equal(only.changed, 'new')
  const { name, serial, firmware, macs, channel } = only.facts
  assert.deepEqual(
    [name, serial, firmware, macs, channel],
    ['Front door', 'SER7001', '2.10', ['02:00:00:00:00:01'], undefined],
  )
  assert.deepEqual((await first.refresh(camera.sighting())).cameras, [])
  const again = start()
  assert.deepEqual((await again.refresh(...again.inventory.remembered())).cameras, [])
  camera.state.firmware = '2.11'
  const { cameras: changes } = await again.refresh(camera.sighting())
  assert.deepEqual(
    changes.map((each) => [each.camera, each.changed]),
    [[only.camera, ['firmware']]],
  )
})

test('a recorder is a camera per video source, and each event finds its own', async (t) => {
  const { inventory, refresh } = box(t)()
  const recorder = await device(t, { sources: ['v1', 'v2', 'v3'] })
  const { cameras } = await refresh(recorder.sighting())
  assert.deepEqual(
    cameras.map(({ facts }) => [facts.name, facts.channel, facts.profiles[0]?.token]),
    [
      ['Front door 1', 1, 'p-v1'],
      ['Front door 2', 2, 'p-v2'],
      ['Front door 3', 3, 'p-v3'],
    ],
  )
  assert.equal(new Set(cameras.map(({ facts }) => facts.device)).size, 1)
  const [handle] = inventory.devices()
  assert.ok(handle)
  for (const token of ['v2', 'c-v2']) assert.equal(cameraOfEvent(handle, token)?.camera, cameras[1]?.camera)
  assert.equal(cameraOfEvent(handle, 'elsewhere'), undefined)
  assert.equal(inventory.camera(cameras[2]?.camera ?? '')?.profileToken, 'p-v3')
})

test('a camera that moved is the same camera, and says where it was', async (t) => {
  const { refresh } = box(t)()
  const [before, after] = [await device(t), await device(t)]
  const { cameras } = await refresh({ ...before.sighting(), address: '127.0.0.1' })
  const moved = await refresh(after.sighting())
  assert.deepEqual(
    moved.cameras.map(({ camera, changed }) => [camera, changed]),
    [[cameras[0]?.camera, ['port']]],
  )
})

test('two cameras with one serial and one endpoint reference between them stay two', async (t) => {
  const { refresh } = box(t)()
  const [one, two] = [await device(t, { serial: '0000' }), await device(t, { serial: '0000', mac: '020000000002' })]
  const { cameras } = await refresh(one.sighting(), two.sighting())
  assert.equal(new Set(cameras.map(({ camera }) => camera)).size, 2)
  assert.deepEqual((await refresh(two.sighting(), one.sighting())).cameras, [])
})

test('a device that lets us not in is a camera all the same, keeps what was known, and says why', async (t) => {
  const { inventory, refresh } = box(t)()
  const camera = await device(t)
  const { cameras } = await refresh(camera.sighting())
  camera.state.closed = true
  const closed = await refresh(camera.sighting())
  assert.deepEqual(closed.cameras, [])
  assert.deepEqual(
    closed.troubles.map(({ device: id, error }) => [id, error.kind]),
    [[cameras[0]?.facts.device, 'refused']],
  )
  const access = inventory.camera(cameras[0]?.camera ?? '')
  assert.equal(access?.facts.serial, 'SER7001')
  assert.equal(access?.deviceHandle.trouble?.kind, 'refused')
})

test('nothing is asked about media beyond the profiles until it is wanted', async (t) => {
  const { inventory, refresh } = box(t)()
  const camera = await device(t)
  await refresh(camera.sighting())
  assert.ok(!camera.asked.some((operation) => /Uri/.test(operation)))
  const [access] = inventory.devices().flatMap(({ cameras }) => cameras)
  await assert.rejects(async () => await access?.streamUri(signal), { kind: 'invalid' })
  assert.ok(camera.asked.includes('GetStreamUri'))
})

test('what is no ONVIF at all is a trouble, and holds nobody up', async (t) => {
  const { refresh } = box(t)()
  const camera = await device(t)
  const { cameras, troubles } = await refresh({ ...camera.sighting(), endpoint: '', port: 9 }, camera.sighting())
  assert.equal(cameras.length, 1)
  assert.deepEqual(
    troubles.map(({ port, error }) => [port, error.kind]),
    [[9, 'unreachable']],
  )
})

test('other credentials are used with the next reading, without a restart; one taken away is not sent any more', async (t) => {
  const camera = await device(t)
  const db = openDatabase(':memory:', [INVENTORY_TABLES])
  t.after(() => db.close())
  const sets: Credential[] = [{ username: 'other', password: new Secret('x') }]
  const subjects: Subject[] = []
  const credentials = (subject: Subject) => {
    subjects.push(subject)
    return sets.filter(() => subject.makers.includes('M') || subjects.length < 3)
  }
  const inventory = new Inventory({ db, credentials, clock: systemClock })
  const read = async () => {
    for await (const news of inventory.refresh([camera.sighting()], signal)) assert.equal(news.kind, 'camera')
    return inventory.devices().map(({ device: each }) => each.credential?.username)
  }
  assert.deepEqual(await read(), ['other'])
  inventory.use()
  assert.deepEqual(await read(), ['other'], 'nothing has changed')
  sets.splice(0, 1, owner)
  inventory.use()
  assert.deepEqual(inventory.devices()[0]?.device.credential, undefined, 'what was taken away is let go at once')
  assert.deepEqual(await read(), ['admin'])
  const { address, makers, cameras } = subjects.at(-1) ?? {}
  assert.deepEqual([address, makers?.[0], cameras?.length], ['127.0.0.1', 'M', 1])
})
