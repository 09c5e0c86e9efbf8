import { type FaultKind, plainly, usually } from './kinds.ts'

export const AUTHENTICATION_FAULTS = {
  'auth-lockout': plainly('refuses every credential, also the right one, as after too many wrong ones'),
  'lockout-after': usually(3, 'count', 'locks a client out for half an hour after that many wrong passwords in a row'),
  'always-401': plainly('answers 401 to everything, whatever the credential'),
  'always-403': plainly('answers 403 to everything, whatever the credential'),
  'basic-only': plainly('takes HTTP Basic and nothing else'),
  'digest-no-qop': plainly('challenges without qop, as RFC 2069 did'),
  'digest-changing-realm': plainly('names another realm in each challenge'),
  'digest-always-stale': plainly('calls every nonce stale'),
  'digest-sha256-only': plainly('challenges with SHA-256 alone'),
  'digest-unknown-algorithm': plainly('challenges with an algorithm that nobody knows'),
  'challenge-missing': plainly('answers 401 without a challenge'),
  'refusal-400': plainly('refuses with 400 and the fault NotAuthorized'),
  'refusal-html': plainly('refuses with 401 and a page of HTML'),
  'date-needs-login': plainly('tells nothing without a credential, not even the date'),
  'token-refused': plainly('refuses WS-UsernameToken and leaves HTTP Digest'),
  'open-to-all': plainly('asks nobody for a credential'),
} as const satisfies Record<string, FaultKind>
