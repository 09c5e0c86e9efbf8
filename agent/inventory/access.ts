import { LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import type { Device } from '../onvif/device.ts'
import type { Profile } from '../onvif/replies.ts'
import type { CameraFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import type { LiveQuality } from '../protocol/live.ts'
import { liveProfile } from './facts.ts'

/** What later rooms need to reach one camera. Nothing is asked of it before one of the two functions is called. */
export interface CameraAccess {
  readonly camera: Id
  readonly deviceHandle: DeviceHandle
  readonly facts: CameraFacts
  readonly videoSourceToken: string
  /** The tokens by which the device's events may name this camera. */
  readonly eventTokens: readonly string[]
  /** The main profile's: H.264 where there is one. Undefined where the device told no profiles. */
  readonly profileToken: string | undefined
  readonly credential: Credential | undefined
  /** Only under a grant. @throws LenscapError, `unsupported` where the camera has no profile */
  streamUri(signal: AbortSignal): Promise<URL>
  /** Which of its streams is for watching; nothing is asked of it for that. @throws LenscapError `unsupported` where there is none */
  liveWay(quality: LiveQuality): LiveWay
  /** Only under a grant. @throws LenscapError, `unsupported` where the camera has no profile */
  snapshotUri(signal: AbortSignal): Promise<URL>
}

/** One of a camera's streams. */
interface LiveWay {
  /** Two ways of one token are one stream. */
  readonly token: string
  /** It is the one that is recorded, too. */
  readonly isMain: boolean
  /** Only under a grant. @throws LenscapError */
  uri(signal: AbortSignal): Promise<URL>
}

/** One device as long as the agent runs: its `device` is replaced when it moves, so ask for it each time. */
export interface DeviceHandle {
  readonly id: Id
  readonly device: Device
  readonly cameras: readonly CameraAccess[]
  /** Why it could not be signed in to, or not be read; undefined when all is well. */
  readonly trouble: LenscapError | undefined
}

/** The camera that an event's source token names; the only camera where there is but one, or undefined. */
export function cameraOfEvent(handle: DeviceHandle, sourceToken: string | undefined): CameraAccess | undefined {
  if (handle.cameras.length === 1) return handle.cameras[0]
  if (sourceToken === undefined) return undefined
  return handle.cameras.find(({ eventTokens }) => eventTokens.includes(sourceToken))
}

export function accessTo(
  camera: Id,
  facts: CameraFacts,
  handle: DeviceHandle,
  videoSourceToken: string,
  main: Profile | undefined,
  profiles: readonly Profile[],
): CameraAccess {
  const profile = () => {
    if (main) return main
    throw new LenscapError('unsupported', 'The camera told no media profile', { camera, address: facts.address })
  }
  const tokens = profiles.flatMap((each) => [each.sourceToken, each.sourceConfigurationToken, each.token])
  return {
    camera,
    deviceHandle: handle,
    facts,
    videoSourceToken,
    eventTokens: [...new Set([videoSourceToken, ...tokens])].filter((token) => token !== ''),
    profileToken: main?.token,
    get credential() {
      return handle.device.credential
    },
    streamUri: async (signal) => await handle.device.streamUri(profile(), signal),
    liveWay: (quality) => {
      const chosen = liveProfile(profiles, quality)
      if (!chosen)
        throw new LenscapError('unsupported', 'The camera has no stream in H.264, which browsers play', { camera })
      const { token } = chosen
      return {
        token,
        isMain: token === main?.token,
        uri: async (signal) => await handle.device.streamUri(chosen, signal),
      }
    },
    snapshotUri: async (signal) => await handle.device.snapshotUri(profile(), signal),
  }
}
