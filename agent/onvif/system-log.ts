import { errorKind, LenscapError } from '../base/errors.ts'
import { onSameDevice } from './addresses.ts'
import { refusalOf } from './faults.ts'
import type { Session } from './session.ts'
import type { Xml } from './xml.ts'

/** A Pelco's is 735 KB; larger ones are not fetched. */
const LOG_BYTES_MAX = 4 * 1_048_576

/** Total, for slow devices too: the log is wanted rarely and by nobody at once. */
const LOG_TIMEOUT_MS = 20_000

const DEVICE = 'http://www.onvif.org/ver10/device/wsdl'

/** The log as the device keeps it: text, or an archive of it. */
export interface SystemLog {
  readonly data: Buffer
  readonly form: 'inline' | 'binary' | 'attached' | 'file'
}

/**
 * GetSystemLog (Core 8.3.11), whose answer is a string, base64, or an attachment (MTOM); where the device has none, the file
 * that GetSystemUris (Core 8.3.13) names.
 * @throws LenscapError `unsupported` where it has neither
 */
export async function readSystemLog(session: Session, signal: AbortSignal): Promise<SystemLog> {
  try {
    return await askForLog(session, signal)
  } catch (error) {
    if (!isLack(error)) throw error
  }
  const uri = await askForUri(session, signal)
  const options = { signal, timeoutMs: LOG_TIMEOUT_MS, replyBytesMax: LOG_BYTES_MAX }
  const data = await session.fetch(onSameDevice(uri, session.target), options)
  return { data, form: 'file' }
}

/** It answers, but not with a log: brands word this in many ways. */
const isLack = (error: unknown) =>
  refusalOf(error) === undefined && ['unsupported', 'invalid'].includes(errorKind(error))

async function askForLog(session: Session, signal: AbortSignal): Promise<SystemLog> {
  const { body, parts } = await session.converse(
    (writer) =>
      writer.writeOwn('device', '', `<GetSystemLog xmlns="${DEVICE}"><LogType>System</LogType></GetSystemLog>`),
    { signal, timeoutMs: LOG_TIMEOUT_MS, replyBytesMax: LOG_BYTES_MAX },
  )
  const log = body.one('GetSystemLogResponse', 'SystemLog')
  const binary = log?.one('Binary')
  const href = binary?.one('Include')?.attribute('href')
  if (href !== undefined) {
    const data = parts.get(contentIdOf(href))
    if (data) return { data, form: 'attached' }
  }
  const base64 = binary?.text.trim() ?? ''
  if (base64 !== '') return { data: Buffer.from(base64, 'base64'), form: 'binary' }
  const text = log?.textOf('String') ?? ''
  if (text !== '') return { data: Buffer.from(text), form: 'inline' }
  throw new LenscapError('unsupported', 'The device gives no system log', { address: session.target.address })
}

async function askForUri(session: Session, signal: AbortSignal): Promise<string> {
  const lacks = new LenscapError('unsupported', 'The device has no system log', { address: session.target.address })
  try {
    const body = await session.call((writer) => writer.writeOwn('device', '', `<GetSystemUris xmlns="${DEVICE}"/>`), {
      signal,
    })
    const uri = systemUri(body.one('GetSystemUrisResponse'))
    if (uri !== '') return uri
  } catch (error) {
    if (!isLack(error)) throw error
  }
  throw lacks
}

function systemUri(reply: Xml | undefined): string {
  const logs = reply?.one('SystemLogUris')?.all('SystemLog') ?? []
  return (logs.find((each) => each.textOf('Type').trim() === 'System')?.textOf('Uri') ?? '').trim()
}

/** `cid:` URLs are percent-encoded (RFC 2392). */
function contentIdOf(href: string): string {
  const id = href.trim().replace(/^cid:/i, '')
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}
