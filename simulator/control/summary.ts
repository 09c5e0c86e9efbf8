import type { Fleet, SimulatedCamera } from '../fleet/index.ts'
import type { Stage } from '../scenario/index.ts'

/** What anyone may know of a camera: never its password. */
export function summarize(camera: SimulatedCamera) {
  const { id, name, profile, address, httpPort, rtspPort, discoveryPort, truth, eventKinds, faults, journal } = camera
  return {
    id,
    name,
    profile,
    on: camera.isOn,
    address,
    httpPort,
    rtspPort,
    discoveryPort,
    ...truth,
    events: eventKinds,
    ongoing: camera.ongoing,
    faults,
    mediaConnections: journal.mediaConnections(),
    ...urisOf(camera),
  }
}

/** Where a client finds it, in its first channel. */
function urisOf({ address, httpPort, rtspPort, makeup }: SimulatedCamera) {
  const { device, stream, snapshot } = makeup.profile.paths
  const ofFirst = (path: string) => path.replaceAll('{channel}', '1')
  return {
    deviceUri: `http://${address}:${httpPort}${device}`,
    streamUri: `rtsp://${address}:${rtspPort}${ofFirst(stream)}`,
    snapshotUri: `http://${address}:${httpPort}${ofFirst(snapshot)}`,
  }
}

/** Whether a camera is meant by a few letters of what one sees of it. */
export function isMeant(camera: SimulatedCamera, search: string): boolean {
  const { id, name, address, truth } = camera
  const seen = [
    id,
    name,
    address,
    truth.manufacturer,
    truth.model,
    truth.serial,
    ...camera.faults.map((one) => one.name),
  ]
  return seen.join(' ').toLowerCase().includes(search.toLowerCase())
}

/** The whole fleet in a few numbers, and what is played and recorded. */
export function overview(fleet: Fleet, stage: Stage) {
  const sum = (count: (camera: SimulatedCamera) => number) =>
    fleet.cameras.reduce((total, camera) => total + count(camera), 0)
  const { state, ...scenario } = stage.scenario
  return {
    cameras: fleet.cameras.length,
    on: sum(({ isOn }) => Number(isOn)),
    faulty: sum(({ faults }) => Math.min(1, faults.length)),
    requests: sum(({ journal }) => journal.counts().requests),
    refusedCredentials: sum(({ journal }) => journal.counts().refusedCredentials),
    mediaConnections: sum(({ journal }) => journal.mediaConnections()),
    multicast: fleet.multicast,
    user: fleet.cameras[0]?.account.user ?? null,
    scenario: { state, ...scenario },
    recording: stage.recording ?? null,
  }
}
