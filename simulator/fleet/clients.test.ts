import assert from 'node:assert/strict'
import { test } from 'node:test'
import nodeOnvif from 'node-onvif'
import { Cam, type DeviceInformation } from 'onvif'
import { PROFILE_NAMES } from '../profiles/catalogue.ts'
import { type Fleet, type ProfileName, type SimulatedCamera, startFleet } from './index.ts'
import { ownNet } from './own-net.testing.ts'

const net = await ownNet()

const PASSWORD = 'Pass-word 1'

function startOne(profile: ProfileName, address: string): Promise<Fleet> {
  const cameras = [{ profile, address, eventIntervalMs: 0 }]
  return startFleet({ cameras, password: PASSWORD, httpPort: 0, rtspPort: 0, discoveryPort: 0 })
}

function byNodeOnvif(camera: SimulatedCamera) {
  const xaddr = `http://${camera.address}:${camera.httpPort}/onvif/device_service`
  return new nodeOnvif.OnvifDevice({ xaddr, user: 'admin', pass: PASSWORD })
}

function byOnvif(camera: SimulatedCamera): Promise<DeviceInformation> {
  return new Promise((resolve, reject) => {
    const options = {
      hostname: camera.address,
      port: camera.httpPort,
      username: 'admin',
      password: PASSWORD,
      timeout: 4000,
    }
    const cam = new Cam(options, (error: Error | null) => {
      if (error) return reject(error)
      cam.getDeviceInformation((failure, information) => (information ? resolve(information) : reject(failure)))
    })
  })
}

for (const [i, profile] of PROFILE_NAMES.entries()) {
  const isDigestOnly = profile === 'axis'

  test(`node-onvif ${isDigestOnly ? 'is refused by' : 'reads'} ${profile}`, async () => {
    await using fleet = await startOne(profile, net(i + 1))
    const [camera] = fleet.cameras
    assert.ok(camera)
    const device = byNodeOnvif(camera)
    if (isDigestOnly) {
      await assert.rejects(device.init(), /401/)
      return
    }
    await device.init()
    const { manufacturer, model, serial, firmware, hardwareId, channels } = camera.truth
    assert.deepEqual(
      { ...device.getInformation() },
      {
        Manufacturer: manufacturer,
        Model: model,
        FirmwareVersion: firmware,
        SerialNumber: serial,
        HardwareId: hardwareId,
      },
    )
    const sizes = device.getProfileList().map(({ video }) => video.encoder?.resolution.width)
    assert.deepEqual(sizes, Array.from({ length: channels }, () => [profile === 'vigi' ? undefined : 1280, 640]).flat())
    const { body } = await device.fetchSnapshot()
    assert.equal(body.toString('hex', 0, 3), 'ffd8ff')
    assert.equal(camera.journal.mediaConnections(), 2, 'the snapshot was challenged once, then given')
  })

  test(`onvif reads ${profile}`, async () => {
    await using fleet = await startOne(profile, net(i + 101))
    const [camera] = fleet.cameras
    assert.ok(camera)
    const { manufacturer, model, serialNumber } = await byOnvif(camera)
    assert.equal(manufacturer, camera.truth.manufacturer)
    assert.equal(model, camera.truth.model)
    // This client turns a serial made of digits into a number, and so loses its end.
    if (/^\d+$/.test(camera.truth.serial)) assert.notEqual(String(serialNumber), camera.truth.serial)
    else assert.equal(serialNumber, camera.truth.serial)
    assert.equal(camera.journal.mediaConnections(), 0)
  })
}
