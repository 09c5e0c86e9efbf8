import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ProfileName, startFleet } from '../../simulator/fleet/index.ts'
import { Asker } from './asking.ts'
import { askTheRest } from './complement.ts'
import { conformance } from './conformance.ts'
import { forwardWithDigest } from './digest-forwarder.ts'
import { failures, type Row, table } from './table.ts'

const [USER, PASSWORD] = ['admin', 'secret']

async function oneCamera(profile: ProfileName, address: string) {
  const cameras = [{ profile, address, eventIntervalMs: 0, withoutFaults: true }]
  const ports = { httpPort: 0, rtspPort: 0, discoveryPort: 0 }
  const fleet = await startFleet({ cameras, user: USER, password: PASSWORD, ...ports })
  const [camera] = fleet.cameras
  assert.ok(camera)
  return { camera, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() }
}

async function scratch() {
  const path = await mkdtemp(join(tmpdir(), 'conformance-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('without schemas the check is skipped, and says why', async () => {
  for (const [folder, why] of [
    [undefined, /skipped, since no folder of ONVIF schemas was named/],
    ['/nowhere', /skipped, since there is no crawl\.py in \/nowhere/],
  ] as const) {
    const printed: string[] = []
    assert.equal(await conformance(folder, (text) => printed.push(text)), 0)
    assert.match(printed.join(''), why)
  }
})

test('the forwarder answers the challenge with each algorithm that is offered, and stands in for the camera', async () => {
  await using one = await oneCamera('axis', '127.91.50.1')
  const camera = `${one.camera.address}:${one.camera.httpPort}`
  await using forwarder = await forwardWithDigest(camera, USER, PASSWORD)
  await using folder = await scratch()
  const asker = new Asker(forwarder.host, folder.path, undefined)
  await asker.learnServices()
  for (let i = 0; i < 4; i++) assert.match(await asker.ask('trt', '<trt:GetProfiles/>'), /GetProfilesResponse>/)
  assert.deepEqual([...forwarder.used.keys()].toSorted(), ['MD5', 'SHA-256'])
  const capabilities = await asker.ask('tds', '<tds:GetCapabilities/>')
  assert.ok(capabilities.includes(`http://${forwarder.host}/`) && !capabilities.includes(`http://${camera}/`))
})

test('what the crawler leaves out is asked: every operation that changes something has an answer', async () => {
  for (const [profile, address] of [
    ['plain', '127.91.50.2'],
    ['nvr16', '127.91.50.3'],
  ] as const) {
    await using one = await oneCamera(profile, address)
    await using folder = await scratch()
    const asker = new Asker(`${address}:${one.camera.httpPort}`, folder.path, [USER, PASSWORD])
    await askTheRest(asker, one.camera, '127.0.0.1')
    assert.ok((await readdir(folder.path)).some((name) => name.endsWith('-Notify.xml')))
    const done = new Set(
      one.camera.journal.requests().flatMap(({ operation, status }) => (status === 200 ? operation : [])),
    )
    const changing = one.camera.operations.map((name) => name.split(':')[1] ?? '').filter((name) => !/^Get/.test(name))
    const taking = ['SystemReboot', 'SetSystemFactoryDefault']
    assert.deepEqual(
      changing.filter((name) => !done.has(name) && !taking.includes(name)),
      [],
    )
  }
})

test('a profile fails by an invalid answer, by silence, and where next to nothing was answered', () => {
  const good: Row = {
    profile: 'plain',
    crawl: { valid: 70, invalid: 0, fault: 60, http: 0, none: 0 },
    checked: 200,
    complaints: [],
    unanswered: [],
  }
  assert.deepEqual(failures([good]), [])
  assert.match(table([good]), /^profile .*\nplain +70 +0 +60 +0 +0 +200 +0 +0\n$/)
  const spoilt: Partial<Row>[] = [
    { crawl: { ...good.crawl, invalid: 1 } },
    { crawl: { ...good.crawl, http: 1 } },
    { crawl: { ...good.crawl, none: 1 } },
    { crawl: { ...good.crawl, valid: 7, fault: 90 } },
    { complaints: ['plain GetNTP.xml: NOT WELL-FORMED'] },
    { unanswered: ['tds:GetNTP'] },
  ]
  for (const part of spoilt) assert.equal(failures([{ ...good, ...part }]).length, 1, JSON.stringify(part))
})
