import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../agent/base/clock.ts'
import { openDatabase } from '../agent/base/database.ts'
import { errorKind } from '../agent/base/errors.ts'
import { Secret } from '../agent/base/secret.ts'
import { LogReader } from '../agent/logs/reader.ts'
import { LOGS_TABLES, LogMarks } from '../agent/logs/store.ts'
import { type Device, openDevice } from '../agent/onvif/device.ts'
import { type ProfileName, type SimulatedCamera, startFleet } from '../simulator/fleet/index.ts'
import { freeNet } from './harness/ports.ts'

const signal = new AbortController().signal
const PASSWORD = 'correct horse'

async function opened(camera: SimulatedCamera): Promise<Device> {
  const device = await openDevice({
    address: camera.address,
    port: camera.httpPort,
    path: pathOf(camera),
    clock: systemClock,
    signal,
  })
  device.use({ username: 'admin', password: new Secret(PASSWORD) })
  await device.deviceInformation(signal)
  return device
}

const pathOf = ({ profile }: SimulatedCamera) => (profile === 'axis' ? '/onvif/services' : '/onvif/device_service')

const fleetOf = (profiles: readonly ProfileName[], faults: readonly string[] = []) =>
  startFleet({
    cameras: profiles.map((profile) => ({ profile, faults, eventIntervalMs: 0 })),
    firstAddress: freeNet(),
    ...{ httpPort: 0, rtspPort: 0, discoveryPort: 0, multicast: false, password: PASSWORD },
  })

const FORMS: readonly [ProfileName, string][] = [
  ['plain', 'inline'],
  ['nvr', 'inline'],
  ['pelco', 'attached'],
  ['sunba', 'attached'],
  ['nvr16', 'file'],
]

test('each brand gives its log in its own form, and it is told in full and then no more', async () => {
  await using fleet = await fleetOf(FORMS.map(([profile]) => profile))
  for (const [i, camera] of fleet.cameras.entries()) {
    const device = await opened(camera)
    const { form } = await device.systemLog(signal)
    assert.equal(form, FORMS[i]?.[1], camera.profile)
    const marks = new LogMarks(openDatabase(':memory:', [LOGS_TABLES]))
    const reader = new LogReader({ device: 'aaaaaaaa', marks, clock: systemClock, secrets: () => [PASSWORD] })
    const told: string[] = []
    await reader.read(device, (lines) => told.push(...lines), signal)
    assert.match(told.at(-1) ?? '', /^\d{4}-\d\d-\d\dT.* (kernel|video|net|ntp): /, camera.profile)
    const before = told.length
    await reader.read(device, (lines) => told.push(...lines), signal)
    assert.equal(told.length, before, camera.profile)
  }
})

test('a device without a log says so, and nobody outside is asked for one', async () => {
  await using fleet = await fleetOf(['hikvision'])
  for (const camera of fleet.cameras) {
    const device = await opened(camera)
    await assert.rejects(device.systemLog(signal), (error) => errorKind(error) === 'unsupported')
    assert.equal(camera.journal.counts().refusedCredentials, 0)
  }
})

test('a log that comes broken ends in an error in time, and the device goes on', async () => {
  await using fleet = await fleetOf(['pelco', 'nvr16'])
  const devices = await Promise.all(fleet.cameras.map(opened))
  for (const fault of ['close-mid-body', 'body-endless', 'chunks-broken', 'html-200'] as const) {
    for (const [i, camera] of fleet.cameras.entries()) {
      camera.setFault(fault)
      const reading = devices[i]?.systemLog(signal) ?? Promise.reject(new Error('no device'))
      await reading.then(
        // A page of HTML at a file's address is text like any other.
        ({ data, form }) => assert.ok(form === 'file' && data.length < 5_000_000, `${camera.profile} ${fault}`),
        (error: unknown) => assert.match(errorKind(error), /unreachable|limit|invalid|unsupported/, fault),
      )
      camera.clearFault(fault)
    }
  }
})
