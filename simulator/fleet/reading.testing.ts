import { Socket } from 'node:dgram'
import type { Profile } from '../profiles/profile.ts'
import type { SimulatedCamera } from './index.ts'

/** What a client found out about a camera; where it found something of another kind, that. */
export interface Reading {
  readonly manufacturer: unknown
  readonly model: unknown
  readonly firmware: unknown
  readonly serial: unknown
  readonly hardwareId: unknown
  readonly macs: unknown
  readonly hostname: unknown
  /** Of each media profile its token, codec, size, and addresses. */
  readonly profiles: unknown
  readonly encodings: unknown
  readonly sizes: unknown
  readonly streams: unknown
  readonly snapshots: unknown
  /** Of its events, in the order of the alphabet. */
  readonly topics: unknown
  /** Their names, after one was made. */
  readonly presets: unknown
}

export type Field = keyof Reading

/** What a client learnt from an answer to its probe. */
export interface Found {
  readonly endpoint: unknown
  readonly xaddrs: unknown
  readonly name: unknown
}

export const PRESET = 'Gate'

/** What is so, by the profile and the camera itself. */
export function truthOf(camera: SimulatedCamera, profile: Profile): Reading {
  const { manufacturer, model, firmware, serial, hardwareId, macs, hostname, channels } = camera.truth
  const http = `http://${camera.address}:${camera.httpPort}`
  const rtsp = `rtsp://${camera.address}:${camera.rtspPort}`
  const fill = (template: string, channel: number) => template.replaceAll('{channel}', String(channel))
  const streams = Array.from({ length: channels }, (_, i) => i + 1).flatMap((channel) => {
    const snapshot = http + fill(profile.paths.snapshot, channel)
    const main = {
      token: fill(profile.tokens.profile, channel),
      encoding: profile.mainCodec.toUpperCase(),
      size: '1280x720',
      uri: rtsp + fill(profile.paths.stream, channel),
      snapshot,
    }
    if (!profile.sub) return [main]
    const { sub } = profile
    const token = fill(sub.profile, channel)
    return [main, { token, encoding: 'H264', size: '640x360', uri: rtsp + fill(sub.stream, channel), snapshot }]
  })
  return {
    manufacturer,
    model,
    firmware,
    serial,
    hardwareId,
    macs,
    hostname,
    profiles: streams.map(({ token }) => token),
    encodings: streams.map(({ encoding }) => encoding),
    sizes: streams.map(({ size }) => size),
    streams: streams.map(({ uri }) => uri),
    snapshots: streams.map(({ snapshot }) => snapshot),
    topics: profile.events.map(({ topic }) => topic).toSorted(),
    presets: profile.services.ptz === undefined ? [] : [PRESET],
  }
}

export function foundTruthOf(camera: SimulatedCamera, profile: Profile): Found {
  const xaddr = `http://${camera.address}:${camera.httpPort}${profile.paths.device}`
  return { endpoint: camera.truth.endpoint, xaddrs: [xaddr], name: camera.name }
}

/** Hands datagrams that are meant for the discovery group to these cameras, so that clients that know no other way find them. */
export function deliverGroupTo(cameras: readonly SimulatedCamera[]): Disposable {
  const { send } = Socket.prototype
  Socket.prototype.send = function (this: Socket, ...args: unknown[]) {
    const group = args.indexOf('239.255.255.250')
    const places = group > 0 ? cameras.map(({ discoveryPort, address }) => [discoveryPort, address]) : []
    for (const [i, place] of places.entries())
      Reflect.apply(send, this, [...args.slice(0, group - 1), ...place, ...(i === 0 ? args.slice(group + 1) : [])])
    if (group <= 0) Reflect.apply(send, this, args)
  }
  return {
    [Symbol.dispose]: () => {
      Socket.prototype.send = send
    },
  }
}

/** Follows keys downwards through whatever is there. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
    value,
  )
}

/** Of one or many, as clients give them. */
export function listOf(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : [value].flat()
}
