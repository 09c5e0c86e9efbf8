import { child } from '../discovery/xml.ts'
import type { CameraFacts, Operations } from './facts.ts'
import { SoapFault, type SoapRequest } from './soap.ts'
import { supportInformation, systemLog, systemUris } from './system-log.ts'

/** The device service's system part (ONVIF Core 8.3). */
export function systemOperations(facts: CameraFacts): Operations {
  // A brand that gives addresses doesn't send its log, and the other way round.
  const log: Operations =
    facts.profile.systemLog === 'uri'
      ? { GetSystemUris: () => systemUris(facts) }
      : { GetSystemLog: (request) => systemLog(facts, oneOf(request, 'LogType', ['System', 'Access'], 'System')) }
  return {
    ...log,
    GetSystemSupportInformation: () => supportInformation(facts),
    SystemReboot: () => {
      facts.reboot()
      return '<tds:SystemRebootResponse><tds:Message>Rebooting</tds:Message></tds:SystemRebootResponse>'
    },
    SetSystemFactoryDefault: (request) => {
      oneOf(request, 'FactoryDefault', ['Hard', 'Soft'])
      const { addressBefore } = facts.settings.network
      facts.settings.reset()
      facts.reboot(addressBefore)
      return '<tds:SetSystemFactoryDefaultResponse/>'
    },
    GetDiscoveryMode: () =>
      `<tds:GetDiscoveryModeResponse><tds:DiscoveryMode>${facts.settings.isDiscoverable ? 'Discoverable' : 'NonDiscoverable'}</tds:DiscoveryMode></tds:GetDiscoveryModeResponse>`,
    SetDiscoveryMode: (request) => {
      facts.settings.isDiscoverable =
        oneOf(request, 'DiscoveryMode', ['Discoverable', 'NonDiscoverable']) === 'Discoverable'
      return '<tds:SetDiscoveryModeResponse/>'
    },
  }
}

/** Throws SoapFault where the element is none of the values. */
function oneOf<Value extends string>(
  request: SoapRequest,
  element: string,
  values: readonly Value[],
  usual?: Value,
): Value {
  const text = child(request.body, element)?.text ?? usual
  const value = values.find((one) => one === text)
  if (value === undefined)
    throw new SoapFault('Sender', ['ter:InvalidArgs'], `${element} is one of ${values.join(', ')}`)
  return value
}
