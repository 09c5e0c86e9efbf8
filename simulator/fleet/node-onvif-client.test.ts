import nodeOnvif from 'node-onvif'
import { testClient } from './client-tests.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { PASSWORD } from './one-camera.testing.ts'
import { at, deliverGroupTo, type Found, listOf, PRESET, type Reading } from './reading.testing.ts'

/** Reads a camera with the package `node-onvif`. Throws its own error where it can't. */
async function readByNodeOnvif(camera: SimulatedCamera): Promise<Reading> {
  const xaddr = `http://${camera.address}:${camera.httpPort}/onvif/device_service`
  const device = new nodeOnvif.OnvifDevice({ xaddr, user: 'admin', pass: PASSWORD })
  await device.init()
  const information = device.getInformation()
  const { services } = device
  const interfaces = await services.device.getNetworkInterfaces()
  const hostname = await services.device.getHostname()
  const profiles = device.getProfileList()
  const events = await services.events?.getEventProperties()
  const { body } = await device.fetchSnapshot()
  if (body.toString('hex', 0, 3) !== 'ffd8ff') throw new Error('The snapshot is no JPEG')
  return {
    manufacturer: at(information, 'Manufacturer'),
    model: at(information, 'Model'),
    firmware: at(information, 'FirmwareVersion'),
    serial: at(information, 'SerialNumber'),
    hardwareId: at(information, 'HardwareId'),
    macs: listOf(at(interfaces.data, 'GetNetworkInterfacesResponse', 'NetworkInterfaces')).map((one) =>
      at(one, 'Info', 'HwAddress'),
    ),
    hostname: at(hostname.data, 'GetHostnameResponse', 'HostnameInformation', 'Name'),
    profiles: profiles.map(({ token }) => token),
    encodings: profiles.map(({ video }) => video.encoder?.encoding),
    sizes: profiles.map(({ video }) => `${video.encoder?.resolution.width}x${video.encoder?.resolution.height}`),
    streams: profiles.map(({ stream }) => stream.rtsp),
    snapshots: profiles.map(({ snapshot }) => snapshot),
    topics: topicsIn(at(events?.data, 'GetEventPropertiesResponse', 'TopicSet')).toSorted(),
    presets: await presetsOf(services.ptz, profiles[0]?.token ?? ''),
  }
}

/** The paths to those elements that say that they are topics; this client drops their namespaces. */
function topicsIn(node: unknown, path = ''): string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, inner]) => {
    if (name === '$' || name === 'MessageDescription') return []
    const here = path === '' ? name : `${path}/${name}`
    return [...(at(inner, '$', 'wstop:topic') === 'true' ? [here] : []), ...topicsIn(inner, here)]
  })
}

type Ptz = InstanceType<typeof nodeOnvif.OnvifDevice>['services']['ptz']

async function presetsOf(ptz: Ptz, profile: string): Promise<unknown> {
  if (!ptz) return []
  await ptz.setPreset({ ProfileToken: profile, PresetName: PRESET })
  const { data } = await ptz.getPresets({ ProfileToken: profile })
  return listOf(at(data, 'GetPresetsResponse', 'Preset')).map((preset) => at(preset, 'Name'))
}

/** What it finds with one probe, which takes it three seconds. */
async function discoverByNodeOnvif(cameras: readonly SimulatedCamera[]): Promise<Found[]> {
  using _group = deliverGroupTo(cameras)
  const found = await nodeOnvif.startProbe()
  return found.map(({ urn, xaddrs, name }) => ({ endpoint: urn, xaddrs, name: decodeURIComponent(name) }))
}

testClient({
  client: 'node-onvif',
  network: '127.91.0',
  read: readByNodeOnvif,
  discover: discoverByNodeOnvif,
  // A snapshot that is challenged once, then given.
  mediaConnections: 2,
})
