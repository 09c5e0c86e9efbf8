import type { Device } from '../../agent/onvif/device.ts'

/** What the agent asks of a device, by the operation whose reply is to be changed. */
export const OPERATIONS: Readonly<Record<string, (device: Device, signal: AbortSignal) => Promise<unknown>>> = {
  GetSystemDateAndTime: (device, signal) => device.readClock(signal),
  GetDeviceInformation: (device, signal) => device.deviceInformation(signal),
  GetServices: (device, signal) => device.services(signal),
  GetCapabilities: (device, signal) => device.services(signal),
  GetNetworkInterfaces: (device, signal) => device.networkInterfaces(signal),
  GetNetworkProtocols: (device, signal) => device.networkProtocols(signal),
  GetNetworkDefaultGateway: (device, signal) => device.gateways(signal),
  GetDNS: (device, signal) => device.dns(signal),
  GetNTP: (device, signal) => device.ntp(signal),
  GetHostname: (device, signal) => device.hostname(signal),
  GetScopes: (device, signal) => device.scopes(signal),
  GetEndpointReference: (device, signal) => device.endpointReference(signal),
  GetVideoSources: (device, signal) => device.videoSources(signal),
  GetProfiles: (device, signal) => device.profiles(signal),
  GetStreamUri: (device, signal) => withProfile(device, signal, (profile) => device.streamUri(profile, signal)),
  GetSnapshotUri: (device, signal) => withProfile(device, signal, (profile) => device.snapshotUri(profile, signal)),
  CreatePullPointSubscription: (device, signal) => device.createPullPoint(signal),
  PullMessages: async (device, signal) => await (await device.createPullPoint(signal)).pull(0, signal),
  Renew: async (device, signal) => await (await device.createPullPoint(signal)).renew(signal),
}

type Profile = Awaited<ReturnType<Device['profiles']>>[number]

async function withProfile(device: Device, signal: AbortSignal, ask: (profile: Profile) => Promise<unknown>) {
  const [profile] = await device.profiles(signal)
  return profile && (await ask(profile))
}
