import type { FaultName } from '../../faults/fault.ts'
import { type CameraFacts, httpUri } from '../facts.ts'
import { SoapFault, type SoapRequest } from '../soap.ts'
import { DATES } from './dates.ts'
import { EVENTS } from './events.ts'
import type { AnswerRule } from './rule.ts'

const ELSEWHERE = '192.0.2.1'
const replacing = (operations: readonly string[], what: RegExp, by: string): AnswerRule => ({
  operations,
  change: (text) => text.replace(what, by),
})

const PROFILES = ['GetProfiles', 'GetProfile']
const STREAMS = ['GetStreamUri']

const MEDIA: Partial<Record<FaultName, AnswerRule>> = {
  'no-profiles': replacing(['GetProfiles'], /<t(rt|r2):Profiles [\s\S]*<\/t\1:Profiles>/, ''),
  'no-encoder': replacing(PROFILES, /<(tt:VideoEncoderConfiguration|tr2:VideoEncoder) [\s\S]*?<\/\1>/g, ''),
  'no-h264': {
    operations: [...PROFILES, 'GetVideoEncoderConfigurations'],
    change: (text) => text.replace(/(Encoding>)H26[45]</g, '$1JPEG<').replace(/<tt:H264>.*?<\/tt:H264>/g, ''),
  },
  'stream-uri-wrong-host': replacing(STREAMS, /rtsp:\/\/[^:/]+/, `rtsp://${ELSEWHERE}`),
  'stream-uri-empty': replacing(STREAMS, /rtsp:\/\/[^<]*/, ''),
  'stream-uri-login': replacing(STREAMS, /rtsp:\/\//, 'rtsp://viewer:1234@'),
  'snapshot-uri-wrong-host': replacing(['GetSnapshotUri'], /(Uri>)http:\/\/[^:/]+/, `$1http://${ELSEWHERE}`),
}

/** A service whose prefix is used and never declared: this is what a strict parser stumbles over. */
function undeclared(facts: CameraFacts): string {
  return (
    `<tds:Service><tds:Namespace>http://www.onvif.org/ver10/analyticsdevice/wsdl</tds:Namespace><tds:XAddr>${httpUri(facts, facts.profile.paths.device)}</tds:XAddr>` +
    '<tds:Capabilities><tad:Capabilities RuleSupport="true"/></tds:Capabilities><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>'
  )
}

const DEVICE: Partial<Record<FaultName, AnswerRule>> = {
  'serial-numeric': {
    operations: ['GetDeviceInformation'],
    change: (text) =>
      text.replace(/(SerialNumber>)[^<]*/, '$112345678901234567890').replace(/(FirmwareVersion>)[^<]*/, '$12.10'),
  },
  'serial-empty': replacing(['GetDeviceInformation'], /(<tds:(?:SerialNumber|Model)>)[^<]*/g, '$1'),
  'serial-shared': replacing(['GetDeviceInformation'], /(SerialNumber>)[^<]*/, '$1ABCDEFG0123456789'),
  'mac-shared': replacing(['GetNetworkInterfaces'], /(HwAddress>)[^<]*/g, '$102:00:00:00:00:01'),
  'endpoint-reference-empty': replacing(['GetEndpointReference'], /<tds:GUID>.*<\/tds:GUID>/, ''),
  'services-undeclared-prefix': {
    operations: ['GetServices'],
    change: (text, _, facts) =>
      text.replace('</tds:GetServicesResponse>', `${undeclared(facts)}</tds:GetServicesResponse>`),
  },
  // As a camera writes that never learnt to escape: the first text ends in a bare ampersand.
  'text-unescaped': replacing(['GetNTP', 'GetSystemSupportInformation'], /([^<>])<\//, '$1 & more</'),
  'mac-missing': replacing(['GetNetworkInterfaces'], /<tds:NetworkInterfaces [\s\S]*<\/tds:NetworkInterfaces>/, ''),
}

const RULES: Partial<Record<FaultName, AnswerRule>> = { ...MEDIA, ...DEVICE, ...DATES, ...EVENTS }

/** An answer as it is told, faults included. */
export function wrongly(text: string, request: SoapRequest, facts: CameraFacts): string {
  let told = text
  for (const [{ operations, change }, value] of facts.faults.active(RULES))
    if (!operations || operations.includes(request.operation)) told = change(told, value, facts)
  return told
}

interface Refusing {
  readonly operations?: readonly string[]
  readonly namespaces?: RegExp
  readonly subcodes: readonly string[]
}

const REFUSED: Partial<Record<FaultName, Refusing>> = {
  'soap-fault-all': { subcodes: ['ter:Action'] },
  'media-fault': { namespaces: /media\/wsdl$/, subcodes: ['ter:Action'] },
  'date-fault': { operations: ['GetSystemDateAndTime'], subcodes: ['ter:Action'] },
  'create-fault': { operations: ['CreatePullPointSubscription', 'Subscribe'], subcodes: ['ter:Action'] },
  'create-404': { operations: ['CreatePullPointSubscription'], subcodes: ['ter:Action'] },
  'pull-fault': { operations: ['PullMessages'], subcodes: ['ter:Action'] },
  'renew-fault': { operations: ['Renew'], subcodes: ['wsnt:UnacceptableTerminationTimeFault'] },
  'snapshot-uri-fault': { operations: ['GetSnapshotUri'], subcodes: ['ter:ActionNotSupported'] },
  'no-get-services': { operations: ['GetServices', 'GetServiceCapabilities'], subcodes: ['ter:ActionNotSupported'] },
}

/** Throws SoapFault where a fault has the camera refuse this operation. */
export function refuseWrongly(request: SoapRequest, facts: CameraFacts): void {
  for (const [{ operations, namespaces, subcodes }] of facts.faults.active(REFUSED)) {
    if (operations && !operations.includes(request.operation)) continue
    if (namespaces && !namespaces.test(request.namespace)) continue
    throw new SoapFault('Receiver', subcodes, 'The device failed to do this')
  }
}
