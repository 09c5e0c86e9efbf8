import type { Clock } from '../base/clock.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import { mediaUrl, onSameDevice } from './addresses.ts'
import type { Target } from './carry.ts'
import type { ClockReading } from './clock-reading.ts'
import { DeviceGate } from './gate.ts'
import { PullPoint } from './pull-point.ts'
import { subscribeTo } from './push-subscription.ts'
import * as replies from './replies.ts'
import type { RequestWriter, Service, SoapRequest } from './requests.ts'
import { Session } from './session.ts'
import type { Subscription } from './subscription.ts'
import { readSystemLog, type SystemLog } from './system-log.ts'
import { escapeXml, type Xml } from './xml.ts'

const DEVICE_PATH = '/onvif/device_service'

export interface OpenDeviceOptions {
  /** An IP address: the one that answered. */
  readonly address: string
  readonly port: number
  readonly path?: string
  readonly https?: boolean
  readonly credential?: Credential | undefined
  readonly clock: Clock
  /** Shared by all handles of one device; a fresh one where none is given. */
  readonly gate?: DeviceGate
  /**
   * Finds out, without a credential, whether this is the device that is meant: asked before a credential is sent to it, and
   * again after any break in which another could have taken its place. @throws LenscapError with the reason `identity`
   */
  readonly confirm?: (device: Device, signal: AbortSignal) => Promise<void>
  /** Ends the opening; later calls carry their own. */
  readonly signal: AbortSignal
}

/** What a device tells of itself to a stranger; empty where it tells none. */
export interface StrangerMarks {
  /** GetEndpointReference's, which the specification lets strangers read (Core 8.1.9, access class PRE_AUTH). */
  readonly reference: string
  readonly serial: string
  /** What it calls itself in its HTTP Digest challenges. */
  readonly realm: string
}

/** The cameras' services by namespace (Core 8.1.2). */
const SERVICES: Readonly<Record<string, Service>> = {
  'http://www.onvif.org/ver10/media/wsdl': 'media',
  'http://www.onvif.org/ver20/media/wsdl': 'media2',
  'http://www.onvif.org/ver10/events/wsdl': 'events',
}

const askReference = (writer: RequestWriter): SoapRequest =>
  writer.writeOwn('device', '', '<GetEndpointReference xmlns="http://www.onvif.org/ver10/device/wsdl"/>')

/**
 * Finds out whether ONVIF answers there, what time it has, and whether it lets strangers in. Nothing is signed yet.
 * @throws LenscapError `unreachable`, `timeout`, `invalid` (no ONVIF) or `cancelled`
 */
export async function openDevice(options: OpenDeviceOptions): Promise<Device> {
  const { address, port, path = DEVICE_PATH, https = false, clock, signal } = options
  const target = { address, port, path, https }
  const gate = options.gate ?? new DeviceGate(clock)
  const { credential, confirm } = options
  const session: Session = new Session({
    target,
    credential,
    clock,
    gate,
    ...(confirm && { confirm: (within: AbortSignal): Promise<void> => confirm(device, within) }),
  })
  const device: Device = new Device(session)
  await session.readClock(signal)
  await session.knock(signal)
  return device
}

/** One ONVIF device behind its gate. Every call is bounded in time and bytes and throws LenscapErrors only. */
export class Device {
  readonly #session: Session
  #services: Promise<replies.ServiceEntry[]> | undefined

  constructor(session: Session) {
    this.#session = session
  }

  get target(): Target {
    return this.#session.target
  }

  get gate(): DeviceGate {
    return this.#session.gate
  }

  get credential(): Credential | undefined {
    return this.#session.credential
  }

  /** True once the credential was seen to open what is closed to strangers. */
  get signedIn(): boolean {
    return this.#session.proven
  }

  /** The last reading of the device's clock. */
  get clock(): ClockReading | undefined {
    return this.#session.clockReading
  }

  /** Signs with this from now on. One that this device refused before is not sent, but refused here. */
  use(credential: Credential | undefined): void {
    this.#session.use(credential)
  }

  /** Asks the time, unsigned. Also the cheapest sign of life. */
  readClock(signal: AbortSignal, timeoutMs?: number): Promise<ClockReading> {
    return this.#session.readClock(signal, timeoutMs)
  }

  /** Asks who it is as anyone could. @throws LenscapError where it does not answer */
  async asStranger(signal: AbortSignal): Promise<StrangerMarks> {
    const anonymous = { signal, anonymous: true }
    const known = await this.#session.knock(signal)
    const serial = known ? replies.deviceInformationIn(known).serial : ''
    let reference = ''
    try {
      reference = replies.endpointReferenceIn(await this.#session.call(askReference, anonymous))
    } catch (error) {
      if (['cancelled', 'unreachable', 'timeout'].includes(errorKind(error))) throw error
    }
    return { reference, serial, realm: this.#session.realm }
  }

  async deviceInformation(signal: AbortSignal): Promise<replies.DeviceInformation> {
    return replies.deviceInformationIn(
      await this.#ask(signal, (writer) => writer.write((cam) => cam.getDeviceInformation())),
    )
  }

  /** Asked once; GetCapabilities where the device is older than GetServices. */
  services(signal: AbortSignal): Promise<replies.ServiceEntry[]> {
    this.#services ??= this.#readServices(signal).catch((error: unknown) => {
      this.#services = undefined
      throw error
    })
    return this.#services
  }

  async networkInterfaces(signal: AbortSignal): Promise<{ macs: string[]; addresses: string[] }> {
    return replies.interfacesIn(await this.#ask(signal, (writer) => writer.write((cam) => cam.getNetworkInterfaces())))
  }

  async networkProtocols(signal: AbortSignal): Promise<replies.Protocol[]> {
    return replies.protocolsIn(await this.#ask(signal, (writer) => writer.write((cam) => cam.getNetworkProtocols())))
  }

  async gateways(signal: AbortSignal): Promise<string[]> {
    return replies.gatewaysIn(
      await this.#ask(signal, (writer) => writer.write((cam) => cam.getNetworkDefaultGateway())),
    )
  }

  async dns(signal: AbortSignal): Promise<string[]> {
    return replies.dnsIn(await this.#ask(signal, (writer) => writer.write((cam) => cam.getDNS())))
  }

  async ntp(signal: AbortSignal): Promise<string[]> {
    return replies.ntpIn(await this.#ask(signal, (writer) => writer.write((cam) => cam.getNTP(() => {}))))
  }

  async hostname(signal: AbortSignal): Promise<string> {
    return replies.hostnameIn(await this.#ask(signal, (writer) => writer.write((cam) => cam.getHostname())))
  }

  async scopes(signal: AbortSignal): Promise<string[]> {
    return replies.scopesIn(await this.#ask(signal, (writer) => writer.write((cam) => cam.getScopes())))
  }

  async endpointReference(signal: AbortSignal): Promise<string> {
    return replies.endpointReferenceIn(await this.#ask(signal, askReference))
  }

  /** Tokens of the video sources: one for a camera, many for an NVR. */
  async videoSources(signal: AbortSignal): Promise<string[]> {
    await this.services(signal)
    if (!this.#session.services.has('media')) return []
    return replies.videoSourcesIn(await this.#ask(signal, (writer) => writer.write((cam) => cam.getVideoSources())))
  }

  /** Media1's, which nearly all devices have right; Media2's where those are missing or broken. */
  async profiles(signal: AbortSignal): Promise<replies.Profile[]> {
    await this.services(signal)
    const has = (service: Service) => this.#session.services.has(service)
    if (!has('media') && has('media2')) return await this.#profiles('media2', signal)
    try {
      const profiles = await this.#profiles('media', signal)
      if (profiles.length > 0 || !has('media2')) return profiles
    } catch (error) {
      const kind = errorKind(error)
      if (!has('media2') || (kind !== 'invalid' && kind !== 'unsupported')) throw error
    }
    return await this.#profiles('media2', signal)
  }

  /** Where this profile's stream is, on this device whatever host it names. Ask only under a grant. */
  async streamUri(profile: Pick<replies.Profile, 'token' | 'media'>, signal: AbortSignal): Promise<URL> {
    const options = { protocol: 'RTSP' as const, profileToken: escapeXml(profile.token) }
    return await this.#mediaUri(profile, signal, (writer) => writer.write((cam) => cam.getStreamUri(options, () => {})))
  }

  /** Where this profile's still picture is, on this device whatever host it names. Ask only under a grant. */
  async snapshotUri(profile: Pick<replies.Profile, 'token' | 'media'>, signal: AbortSignal): Promise<URL> {
    const options = { profileToken: escapeXml(profile.token) }
    return await this.#mediaUri(profile, signal, (writer) =>
      writer.write((cam) => cam.getSnapshotUri(options, () => {})),
    )
  }

  /** @throws LenscapError `busy` with reason `slots`, `unsupported` where the device has no pull points */
  async createPullPoint(signal: AbortSignal): Promise<PullPoint> {
    await this.#needEvents(signal)
    return await PullPoint.create(this.#session, signal)
  }

  /** Has the device post its events to this address. @throws LenscapError `unsupported` where it does not */
  async subscribe(consumer: URL, signal: AbortSignal): Promise<Subscription> {
    await this.#needEvents(signal)
    return await subscribeTo(this.#session, consumer, signal)
  }

  async #needEvents(signal: AbortSignal): Promise<void> {
    await this.services(signal)
    if (this.#session.services.has('events')) return
    // It may have told nonsense that once: the next that comes asks again.
    this.#services = undefined
    throw new LenscapError('unsupported', 'The device has no event service', { address: this.target.address })
  }

  /** The device's own system log, in whatever form it has one. @throws LenscapError `unsupported` where it has none */
  async systemLog(signal: AbortSignal): Promise<SystemLog> {
    return await readSystemLog(this.#session, signal)
  }

  async #readServices(signal: AbortSignal): Promise<replies.ServiceEntry[]> {
    const entries = await this.#askServices(signal)
    for (const { namespace, xaddr } of entries) {
      const service = SERVICES[namespace]
      if (service && xaddr !== '') this.#session.services.set(service, onSameDevice(xaddr, this.target))
    }
    return entries
  }

  async #askServices(signal: AbortSignal): Promise<replies.ServiceEntry[]> {
    try {
      const entries = replies.servicesIn(
        await this.#ask(signal, (writer) => writer.write((cam) => cam.getServices(false))),
      )
      if (entries.length > 0) return entries
    } catch (error) {
      const kind = errorKind(error)
      if (kind !== 'invalid' && kind !== 'unsupported') throw error
    }
    return replies.capabilitiesIn(await this.#ask(signal, (writer) => writer.write((cam) => cam.getCapabilities())))
  }

  async #profiles(media: 'media' | 'media2', signal: AbortSignal): Promise<replies.Profile[]> {
    const ask = (writer: RequestWriter) => writer.write((cam) => cam.getProfiles())
    const body = await this.#session.call(ask, { signal, media2: media === 'media2' })
    return replies.profilesIn(body, media).filter((profile) => profile.token !== '')
  }

  async #mediaUri(
    profile: Pick<replies.Profile, 'media'>,
    signal: AbortSignal,
    ask: (writer: RequestWriter) => SoapRequest,
  ): Promise<URL> {
    const body = await this.#session.call(ask, { signal, media2: profile.media === 'media2' })
    const url = mediaUrl(replies.uriIn(body), this.target.address)
    if (!url) throw new LenscapError('invalid', 'The device gave no usable address', { address: this.target.address })
    return url
  }

  #ask(signal: AbortSignal, ask: (writer: RequestWriter) => SoapRequest): Promise<Xml> {
    return this.#session.call(ask, { signal })
  }
}
