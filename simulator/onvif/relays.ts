import { child, descend, escapeXml, type XmlElement } from '../discovery/xml.ts'
import { parseDuration } from './duration.ts'
import type { CameraFacts, Operations } from './facts.ts'
import type { Relay } from './settings.ts'
import { invalidArgument, SoapFault, type SoapRequest } from './soap.ts'

/** The device service's relay outputs (ONVIF Core 8.6); a camera without any doesn't know the operations. */
export function relayOperations(facts: CameraFacts): Operations {
  const { relays } = facts.settings
  if (facts.profile.relayOutputs === 0) return {}
  const asked = (request: SoapRequest) => relayAsked(facts, child(request.body, 'RelayOutputToken')?.text ?? '')
  return {
    GetRelayOutputs: () =>
      `<tds:GetRelayOutputsResponse>${[...relays].map(written).join('')}</tds:GetRelayOutputsResponse>`,
    SetRelayOutputSettings: (request) => {
      const { token, relay } = asked(request)
      relays.set(token, { ...relay, ...relaySettings(request.body) })
      return '<tds:SetRelayOutputSettingsResponse/>'
    },
    SetRelayOutputState: (request) => {
      const { token, relay } = asked(request)
      const state = child(request.body, 'LogicalState')?.text
      if (state !== 'active' && state !== 'inactive')
        throw new SoapFault('Sender', ['ter:InvalidArgs'], 'The logical state is active or inactive')
      relays.set(token, { ...relay, isActive: state === 'active' })
      if (relay.mode === 'Monostable' && state === 'active') release(facts, token, relay)
      return '<tds:SetRelayOutputStateResponse/>'
    },
  }
}

/** Throws SoapFault where there is none such. */
export function relayAsked(facts: CameraFacts, token: string): { token: string; relay: Relay } {
  const relay = facts.settings.relays.get(token)
  if (!relay) throw invalidArgument('ter:RelayToken', `There is no relay output "${token}"`)
  return { token, relay }
}

function release(facts: CameraFacts, token: string, { delay }: Relay): void {
  const { relays } = facts.settings
  facts.later(parseDuration(delay), () => {
    const relay = relays.get(token)
    if (relay) relays.set(token, { ...relay, isActive: false })
  })
}

function written([token, { mode, delay, idleState }]: readonly [string, Relay]): string {
  return (
    `<tds:RelayOutputs token="${escapeXml(token)}"><tt:Properties><tt:Mode>${mode}</tt:Mode><tt:DelayTime>${delay}</tt:DelayTime>` +
    `<tt:IdleState>${idleState}</tt:IdleState></tt:Properties></tds:RelayOutputs>`
  )
}

/** What stands in an element's Properties. Throws SoapFault where they are none of a relay. */
export function relaySettings(given: XmlElement | undefined): Pick<Relay, 'mode' | 'delay' | 'idleState'> {
  const text = (name: string) => descend(given, 'Properties', name)?.text
  const [mode, delay, idleState] = [text('Mode'), text('DelayTime') ?? 'PT0S', text('IdleState')]
  if ((mode !== 'Monostable' && mode !== 'Bistable') || (idleState !== 'open' && idleState !== 'closed'))
    throw invalidArgument('ter:ModeError', 'The mode is Monostable or Bistable, the idle state open or closed')
  parseDuration(delay)
  return { mode, delay, idleState }
}
