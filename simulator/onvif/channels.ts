import { child } from '../discovery/xml.ts'
import { type CameraFacts, ofChannel } from './facts.ts'
import { invalidArgument, type SoapRequest } from './soap.ts'

export function channelsOf(facts: CameraFacts): number[] {
  return facts.showings.map((_, i) => i + 1)
}

/** The channel that a request's token names. Throws SoapFault where there is none such. */
export function channelAsked(
  facts: CameraFacts,
  request: SoapRequest,
  token: string,
  template: string,
  subcode: string,
): number {
  const wanted = child(request.body, token)?.text ?? ''
  const channel = channelsOf(facts).find((one) => ofChannel(template, one) === wanted)
  if (channel === undefined) throw invalidArgument(subcode, `There is no ${token} "${wanted}"`)
  return channel
}
