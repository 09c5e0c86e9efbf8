import { type ErrorFacts, errorKind, LenscapError } from '../base/errors.ts'
import type { RawReply } from './carry.ts'
import { bodyOfReply } from './faults.ts'
import type { RequestWriter, SoapRequest } from './requests.ts'
import type { Xml } from './xml.ts'

export const askDate = (writer: RequestWriter): SoapRequest => writer.write((cam) => cam.getSystemDateAndTime())

/** Cam leaves the token out of its own question for the date, whoever asks. */
export const askDateSigned = (writer: RequestWriter): SoapRequest =>
  writer.writeOwn('device', '', '<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>')

/** A device's clock against ours. */
export interface ClockReading {
  /** Camera's clock minus the box's; undefined where the device does not say its time. */
  readonly skewMs: number | undefined
  readonly latencyMs: number
  /** False where even the time is told only to who signs in. */
  readonly anonymous: boolean
  /** It told a date, but none that exists. */
  readonly isDateless?: boolean
}

/**
 * Devices say whole seconds, half a second ago on average when they said them half of the round trip ago.
 * @param nowMs UTC, when the answer was there
 */
export const skewMsOf = (cameraMs: number | undefined, latencyMs: number, nowMs: number): number | undefined =>
  cameraMs === undefined ? undefined : Math.round(cameraMs + 500 - (nowMs - latencyMs / 2))

/** The body that tells the date; undefined where strangers are refused. @throws LenscapError for any other trouble */
export function dateTold({ status, text }: RawReply, facts: ErrorFacts): Xml | undefined {
  try {
    return mustTellDate(bodyOfReply(status, text, facts), facts)
  } catch (error) {
    if (errorKind(error) === 'refused') return undefined
    throw error
  }
}

/** @throws LenscapError `invalid` for an answer to something else */
export function mustTellDate(body: Xml, facts: ErrorFacts): Xml {
  if (body.one('GetSystemDateAndTimeResponse')) return body
  throw new LenscapError('invalid', 'What answers there is not ONVIF', facts)
}
