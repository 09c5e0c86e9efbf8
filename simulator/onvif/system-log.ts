import { gzipSync } from 'node:zlib'
import { escapeXml } from '../discovery/xml.ts'
import { type Attachment, type CameraFacts, dateTime, httpUri, type OperationAnswer } from './facts.ts'
import { SoapFault } from './soap.ts'

export type LogType = 'System' | 'Access'

/** How long a log is that goes as an attachment: as much as a real one of a Pelco camera. */
const LONG_LOG_BYTES = 735_000

/** Where the log and the support information lie for those cameras that give an address. */
const LOG_PATH = '/onvif/systemlog'
const SUPPORT_PATH = '/onvif/supportinfo'

/** The lines of a camera's log, each with the camera's own time. */
function logText(facts: CameraFacts, type: LogType): string {
  const skewMs = facts.cameraNow() - facts.now()
  const line = (afterMs: number, text: string) => `${dateTime(facts.startedMs + skewMs + afterMs)} ${text}`
  if (type === 'Access') return line(41_000, 'access: login from 127.0.0.1 over ONVIF')
  return [
    line(0, `kernel: ${facts.profile.model} ${facts.profile.firmware} booting`),
    line(2_400, `net: ${facts.profile.mac.interfaceName} link up 1000Mbps full duplex`),
    line(3_100, `net: address ${facts.address}`),
    line(6_700, 'ntp: clock synchronised'),
    line(9_000, 'video: encoder started H264 1280x720 15fps'),
  ].join('\n')
}

function longLog(facts: CameraFacts, type: LogType): string {
  const short = logText(facts, type)
  const rows = [short]
  for (let bytes = short.length, n = 0; bytes < LONG_LOG_BYTES; n++) {
    const row = `${dateTime(facts.startedMs + n * 1000)} kernel: [${String(n).padStart(8, '0')}] isp: frame sync ok, exposure settled, gain 1.0x`
    rows.push(row)
    bytes += row.length + 1
  }
  return rows.join('\n')
}

/** GetSystemLog (ONVIF Core 8.3.11) in the brand's own form: inline, as an attachment, or not at all. */
export function systemLog(facts: CameraFacts, type: LogType): OperationAnswer {
  switch (facts.profile.systemLog) {
    case 'text':
      return answered(`<tt:String>${escapeXml(logText(facts, type))}</tt:String>`)
    case 'mtom':
      return attached({ contentType: 'text/plain; charset=utf-8', data: Buffer.from(longLog(facts, type)) })
    case 'xop':
      return attached({ contentType: 'application/x-gzip', data: gzipSync(longLog(facts, type)) })
    default:
      throw new SoapFault('Sender', ['ter:InvalidArgs', 'ter:SystemlogUnavailable'], 'No available system logs')
  }
}

const answered = (inner: string) =>
  `<tds:GetSystemLogResponse><tds:SystemLog>${inner}</tds:SystemLog></tds:GetSystemLogResponse>`

function attached(part: Omit<Attachment, 'contentId'>): OperationAnswer {
  const contentId = 'log@camera'
  const type = escapeXml(part.contentType)
  return {
    body: answered(`<tt:Binary xmime:contentType="${type}"><xop:Include href="cid:${contentId}"/></tt:Binary>`),
    attachment: { ...part, contentId },
  }
}

export function supportInformation(facts: CameraFacts): string {
  return `<tds:GetSystemSupportInformationResponse><tds:SupportInformation><tt:String>${escapeXml(supportText(facts))}</tt:String></tds:SupportInformation></tds:GetSystemSupportInformationResponse>`
}

function supportText(facts: CameraFacts): string {
  const { profile, identity } = facts
  return [
    `Model: ${profile.model}`,
    `Firmware: ${profile.firmware}`,
    `Serial: ${identity.serial}`,
    `Uptime: ${Math.floor((facts.now() - facts.startedMs) / 1000)} s`,
    logText(facts, 'System'),
  ].join('\n')
}

/** GetSystemUris (ONVIF Core 8.3.13). */
export function systemUris(facts: CameraFacts): string {
  const log = (type: LogType) =>
    `<tt:SystemLog><tt:Type>${type}</tt:Type><tt:Uri>${escapeXml(httpUri(facts, `${LOG_PATH}?type=${type}`))}</tt:Uri></tt:SystemLog>`
  return (
    `<tds:GetSystemUrisResponse><tds:SystemLogUris>${log('System')}${log('Access')}</tds:SystemLogUris>` +
    `<tds:SupportInfoUri>${escapeXml(httpUri(facts, SUPPORT_PATH))}</tds:SupportInfoUri></tds:GetSystemUrisResponse>`
  )
}

/** What lies at an address that GetSystemUris gave; undefined anywhere else. */
export function downloadAt(facts: CameraFacts, target: string): string | undefined {
  if (facts.profile.systemLog !== 'uri') return undefined
  if (target === `${LOG_PATH}?type=System`) return longLog(facts, 'System')
  if (target === `${LOG_PATH}?type=Access`) return longLog(facts, 'Access')
  return target === SUPPORT_PATH ? supportText(facts) : undefined
}
