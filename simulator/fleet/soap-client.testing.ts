import { createHash, randomBytes } from 'node:crypto'
import type { SimulatedCamera } from './index.ts'

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-'

/** A WS-Security header for tests, at a time and with a nonce of one's choice. */
export function securityHeader(password: string, createdMs: number, nonce = randomBytes(16), user = 'admin'): string {
  const created = new Date(createdMs).toISOString()
  const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64')
  return (
    `<Security xmlns="${WSS}wssecurity-secext-1.0.xsd"><UsernameToken><Username>${user}</Username>` +
    `<Password Type="${WSS}username-token-profile-1.0#PasswordDigest">${digest}</Password><Nonce>${nonce.toString('base64')}</Nonce>` +
    `<Created xmlns="${WSS}wssecurity-utility-1.0.xsd">${created}</Created></UsernameToken></Security>`
  )
}

export const TDS = 'http://www.onvif.org/ver10/device/wsdl'
export const TEV = 'http://www.onvif.org/ver10/events/wsdl'

export interface SoapAnswer {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** Posts one operation to an address of the camera. */
export async function call(url: string, header: string, body: string): Promise<SoapAnswer> {
  const envelope = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  const response = await fetch(url, {
    method: 'POST',
    body: envelope,
    headers: { 'content-type': 'application/soap+xml' },
  })
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
}

export function deviceUrl(camera: SimulatedCamera): string {
  return `http://${camera.address}:${camera.httpPort}/onvif/device_service`
}

/** What stands in the first element of that local name. */
export function textOf(xml: string, local: string): string {
  return new RegExp(`<(?:[\\w-]+:)?${local}(?:\\s[^>]*)?>([^<]*)<`).exec(xml)?.[1] ?? ''
}
