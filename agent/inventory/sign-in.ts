import { errorKind, type LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import type { Device } from '../onvif/device.ts'
import { refusalOf } from '../onvif/faults.ts'
import type { DeviceInformation } from '../onvif/replies.ts'

/** Wrong ones are counted against us: three in a pass stay below every lockout known (five). */
const ATTEMPTS_MAX = 3

/** How it went; without a refusal we are in. */
export interface SignIn {
  /** Why it did not let us in: the device is left unsigned then. */
  readonly refusal: LenscapError | undefined
  /** What it told when it let us in. */
  readonly information: DeviceInformation | undefined
}

/** Tries the credentials in order until the device takes one; those it refused before are skipped without being sent. */
export async function signIn(device: Device, credentials: readonly Credential[], signal: AbortSignal): Promise<SignIn> {
  let [attempts, refusal]: [number, LenscapError | undefined] = [0, undefined]
  for (const credential of [...credentials, undefined]) {
    // Who is not sure to be the one that is meant gets none of them, but may let strangers in.
    const isMeant = attempts < ATTEMPTS_MAX && refusalOf(refusal) !== 'identity'
    if (credential && !isMeant) continue
    device.use(credential)
    try {
      const information = await device.deviceInformation(signal)
      // Some tell their time to users only.
      if (!device.clock?.anonymous) await device.readClock(signal)
      return { refusal: undefined, information }
    } catch (error) {
      if (!isRefusal(error)) throw error
      // Without a credential it refuses too: what matters is what it said to the last one that we tried.
      refusal = credential || !refusal ? error : refusal
      if (refusalOf(error) === 'locked-out' || refusalOf(error) === 'clock') break
      if (credential && error.facts['operation'] !== undefined) attempts += 1
    }
  }
  device.use(undefined)
  return { refusal, information: undefined }
}

const isRefusal = (error: unknown): error is LenscapError =>
  errorKind(error) === 'refused' || refusalOf(error) !== undefined
