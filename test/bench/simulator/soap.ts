import { createHash, randomBytes } from 'node:crypto'
import { PASSWORD } from './start.ts'

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-'

/** An envelope as an ONVIF client sends it, with a token that serves once. */
export function signed(body: string): string {
  const nonce = randomBytes(16)
  const created = new Date().toISOString()
  const digest = createHash('sha1').update(nonce).update(created).update(PASSWORD).digest('base64')
  const token =
    `<Security xmlns="${WSS}wssecurity-secext-1.0.xsd"><UsernameToken><Username>admin</Username>` +
    `<Password Type="${WSS}username-token-profile-1.0#PasswordDigest">${digest}</Password><Nonce>${nonce.toString('base64')}</Nonce>` +
    `<Created xmlns="${WSS}wssecurity-utility-1.0.xsd">${created}</Created></UsernameToken></Security>`
  return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>${token}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
}

/** Throws Error where the camera refused. */
export function checked(answer: string | undefined): string {
  if (answer?.startsWith('HTTP/1.1 200')) return answer
  throw new Error(`The camera answered: ${answer?.slice(0, 300) ?? 'nothing'}`)
}
