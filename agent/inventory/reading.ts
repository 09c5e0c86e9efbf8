import { errorKind } from '../base/errors.ts'
import type { Device } from '../onvif/device.ts'
import { refusalOf } from '../onvif/faults.ts'
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
  const calls = {
    ...(known.information === undefined && { information: device.deviceInformation(signal) }),
    ...(known.endpoint === undefined && { endpoint: device.endpointReference(signal) }),
    services: device.services(signal),
    interfaces: device.networkInterfaces(signal),
    protocols: device.networkProtocols(signal),
    gateway: device.gateways(signal),
    dns: device.dns(signal),
    ntp: device.ntp(signal),
    hostname: device.hostname(signal),
    scopes: device.scopes(signal),
    sources: device.videoSources(signal),
    profiles: device.profiles(signal),
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
