import type { Admission } from '../../onvif/guard.ts'
import type { Answer } from '../answer.ts'
import type { Asked } from './rule.ts'

/** How one connection's credentials go wrong. */
export class WrongLogin {
  #requestsOfNonce = 0

  admit(admission: Admission, { request, facts }: Asked): Admission {
    const { faults, account } = facts
    if (faults.isOn('rtsp-basic-too') && admission.credential === 'none') {
      const given = /^basic\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
      const isRight = Buffer.from(given, 'base64').toString('utf8') === `${account.user}:${account.password}`
      if (isRight) return { admitted: true, credential: 'accepted', user: account.user, stale: false }
    }
    if (!faults.isOn('rtsp-nonce-expires') || admission.credential !== 'accepted') return admission
    if (++this.#requestsOfNonce <= faults.valueOf('rtsp-nonce-expires')) return admission
    this.#requestsOfNonce = 0
    return { ...admission, admitted: false, credential: 'none', stale: true }
  }
}

/** Puts Basic behind what a camera challenges with. */
export function offerWrongly(answer: Answer, { facts }: Asked): Answer {
  const challenges = answer.headers?.['WWW-Authenticate']
  if (challenges === undefined || !facts.faults.isOn('rtsp-basic-too')) return answer
  const basic = `Basic realm="${facts.identity.realm}"`
  return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': [challenges, basic].flat() } }
}
