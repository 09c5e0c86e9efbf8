import { errorKind } from '../base/errors.ts'
import type { Device } from '../onvif/device.ts'
import { refusalOf } from '../onvif/faults.ts'
import { Line } from '../onvif/line.ts'
import type { DeviceInformation, Profile, Protocol, ServiceEntry } from '../onvif/replies.ts'

/** What a device told of itself. Absent: it could not be read this time. */
export interface Reading {
  readonly information?: DeviceInformation
  readonly endpoint?: string
  readonly services?: readonly ServiceEntry[]
  readonly interfaces?: { readonly macs: string[]; readonly addresses: string[] }
  readonly protocols?: readonly Protocol[]
  readonly gateway?: readonly string[]
  readonly dns?: readonly string[]
  readonly ntp?: readonly string[]
  readonly hostname?: string
  readonly scopes?: readonly string[]
  readonly sources?: readonly string[]
  readonly profiles?: readonly Profile[]
}

/** As many as a device has connections: a slow one's other calls would use up their own time standing in line. */
const CALLS_AT_ONCE = 2

/**
 * Asks a device for everything that it tells of itself. What it refuses or lacks is absent.
 * @param known what it has told just now, or in its answer to a probe: it is not asked for that
 * @throws LenscapError when it stops answering at all, or turns out to be another
 */
export async function readDevice(
  device: Device,
  known: Pick<Reading, 'information' | 'endpoint'>,
  signal: AbortSignal,
): Promise<Reading> {
  const line = new Line(CALLS_AT_ONCE)
  const ask = async <T>(call: () => Promise<T>): Promise<T> => {
    using _ = await line.place(signal)
    return await call()
  }
  const calls = {
    ...(known.information === undefined && { information: ask(() => device.deviceInformation(signal)) }),
    ...(known.endpoint === undefined && { endpoint: ask(() => device.endpointReference(signal)) }),
    services: ask(() => device.services(signal)),
    interfaces: ask(() => device.networkInterfaces(signal)),
    protocols: ask(() => device.networkProtocols(signal)),
    gateway: ask(() => device.gateways(signal)),
    dns: ask(() => device.dns(signal)),
    ntp: ask(() => device.ntp(signal)),
    hostname: ask(() => device.hostname(signal)),
    scopes: ask(() => device.scopes(signal)),
    sources: ask(() => device.videoSources(signal)),
    profiles: ask(() => device.profiles(signal)),
  }
  const names = Object.keys(calls)
  const outcomes = await Promise.allSettled(Object.values(calls))
  signal.throwIfAborted()
  const stranger = outcomes.find((each) => each.status === 'rejected' && refusalOf(each.reason) === 'identity')
  if (stranger?.status === 'rejected') throw stranger.reason
  const silent = outcomes.find((each) => each.status === 'rejected' && isSilence(each.reason))
  if (silent?.status === 'rejected' && outcomes.every(({ status }) => status === 'rejected')) throw silent.reason
  const told = outcomes.flatMap((each, i) => (each.status === 'fulfilled' ? [[names[i], each.value]] : []))
  return { ...known, ...Object.fromEntries(told) }
}

const isSilence = (error: unknown) => ['unreachable', 'timeout'].includes(errorKind(error))
