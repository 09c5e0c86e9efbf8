import type { FastifyInstance } from 'fastify'
import { errorKind } from '../../agent/base/errors.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { MediaKeys } from '../accounts/media-keys.ts'
import type { Sessions } from '../accounts/sessions.ts'
import type { Consent } from '../consent/consent.ts'
import { API, PrivacyRequest, type PrivacyView } from './api.ts'
import type { Auth } from './auth.ts'
import { HttpError, parseRequest } from './errors.ts'

export interface PrivacyRoutesDeps {
  readonly auth: Auth
  readonly sessions: Sessions
  readonly mediaKeys: MediaKeys
  readonly consent: Consent
}

const FEW = { config: { rateLimit: { max: 10, timeWindow: 60_000 } } }

/** Who can read an account's media: its owner and we for them, or the owner alone. */
export function privacyRoutes(app: FastifyInstance, { auth, sessions, mediaKeys, consent }: PrivacyRoutesDeps): void {
  const view = async (account: Id): Promise<PrivacyView> => {
    const recipients = [...(await mediaKeys.ownerRecipients(account))]
    return { mode: recipients.length > 0 ? 'private' : 'standard', recipients }
  }

  app.get(`${API}/privacy`, async (request) => view((await auth.person(request)).account))

  // With the password: who finds an open session must not lock the owner out of what comes.
  app.put(`${API}/privacy`, FEW, async (request) => {
    const person = await auth.person(request)
    const { recipients, password } = parseRequest(PrivacyRequest, request.body)
    await sessions.confirm(person, password, request.ip).catch((error: unknown) => {
      if (errorKind(error) !== 'refused') throw error
      throw new HttpError(403, 'refused', 'This is not your password')
    })
    await mediaKeys.setOwnerRecipients(person.account, recipients)
    await consent.signAnew(person)
    return view(person.account)
  })
}
