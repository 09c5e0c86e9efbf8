import onvif, { Cam } from 'onvif'
import { testClient } from './client-tests.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { PASSWORD } from './one-camera.testing.ts'
import { at, deliverGroupTo, type Found, listOf, PRESET, type Reading } from './reading.testing.ts'

const PROBE_MS = 1500

type Callback = (error: unknown, data?: unknown) => void

/** Waits for one of the client's calls. */
function done(call: (callback: Callback) => void): Promise<unknown> {
  return new Promise((resolve, reject) => call((error, data) => (error ? reject(error) : resolve(data))))
}

/** Reads a camera with the package `onvif`. */
async function readByOnvif(camera: SimulatedCamera): Promise<Reading> {
  const options = {
    hostname: camera.address,
    port: camera.httpPort,
    username: 'admin',
    password: PASSWORD,
    timeout: 8000,
    autoconnect: false,
  }
  const cam = new Cam(options)
  await done((callback) => cam.connect(callback))
  const information = await done((callback) => cam.getDeviceInformation(callback))
  const interfaces = await done((callback) => cam.getNetworkInterfaces(callback))
  const hostname = await done((callback) => cam.getHostname(callback))
  const profiles = listOf(cam.profiles)
  const tokens = profiles.map((profile) => at(profile, '$', 'token'))
  const uris = async (get: (token: string, callback: Callback) => void) => {
    const found: unknown[] = []
    for (const token of tokens) found.push(at(await done((callback) => get(String(token), callback)), 'uri'))
    return found
  }
  const encoders = profiles.map((profile) => at(profile, 'videoEncoderConfiguration'))
  return {
    manufacturer: at(information, 'manufacturer'),
    model: at(information, 'model'),
    firmware: at(information, 'firmwareVersion'),
    serial: at(information, 'serialNumber'),
    hardwareId: at(information, 'hardwareId'),
    macs: listOf(interfaces).map((one) => at(one, 'info', 'hwAddress')),
    hostname: at(hostname, 'name'),
    profiles: tokens,
    encodings: encoders.map((encoder) => at(encoder, 'encoding')),
    sizes: encoders.map((encoder) => `${at(encoder, 'resolution', 'width')}x${at(encoder, 'resolution', 'height')}`),
    streams: await uris((profileToken, callback) => cam.getStreamUri({ protocol: 'RTSP', profileToken }, callback)),
    snapshots: await uris((profileToken, callback) => cam.getSnapshotUri({ profileToken }, callback)),
    topics: await topicsOf(cam),
    presets: await presetsOf(cam, String(tokens[0])),
  }
}

/** The present state of each topic is what a new subscriber is told first. */
async function topicsOf(cam: Cam): Promise<unknown> {
  await done((callback) => cam.createPullPointSubscription(callback))
  const pulled = await done((callback) => cam.pullMessages({ messageLimit: 200 }, callback))
  await done((callback) => cam.unsubscribe(callback))
  const topics = listOf(at(pulled, 'notificationMessage')).map((message) => at(message, 'topic', '_'))
  return [...new Set(topics)].toSorted()
}

async function presetsOf(cam: Cam, profileToken: string): Promise<unknown> {
  if (!at(cam.uri, 'ptz')) return []
  await done((callback) => cam.setPreset({ profileToken, presetName: PRESET }, callback))
  return Object.keys(Object((await done((callback) => cam.getPresets({ profileToken }, callback))) ?? {}))
}

/** What it finds with one probe. */
async function discoverByOnvif(cameras: readonly SimulatedCamera[]): Promise<Found[]> {
  using _group = deliverGroupTo(cameras)
  const found = await done((callback) => onvif.Discovery.probe({ timeout: PROBE_MS, resolve: false }, callback))
  return listOf(found).map((one) => {
    const match = at(one, 'probeMatches', 'probeMatch')
    const scopes = String(at(match, 'scopes')).split(' ')
    const name = scopes.find((scope) => scope.startsWith('onvif://www.onvif.org/name/'))
    return {
      endpoint: at(match, 'endpointReference', 'address'),
      xaddrs: String(at(match, 'XAddrs')).split(' '),
      name: decodeURIComponent(name?.slice(27) ?? ''),
    }
  })
}

testClient({
  client: 'onvif',
  network: '127.91.1',
  read: readByOnvif,
  discover: discoverByOnvif,
  mediaConnections: 0,
})
