import { type ErrorKind, errorKind, LenscapError } from '../base/errors.ts'

interface Reason {
  readonly kind: ErrorKind
  readonly sentence: string
}

const CREDENTIALS: Reason = {
  kind: 'refused',
  sentence: 'The broker refuses the user name or the password: correct them in the configuration',
}
const RIGHTS: Reason = {
  kind: 'refused',
  sentence: "The broker does not let this box in, or not to these topics: look at the broker's access list",
}
const CLIENT_ID: Reason = { kind: 'invalid', sentence: "The broker refuses this box's client id" }
const UNAVAILABLE: Reason = { kind: 'busy', sentence: 'The broker is not available now: it is tried again' }
const VERSION: Reason = {
  kind: 'unsupported',
  sentence: 'The broker does not speak this version of MQTT: set mqtt.version to the other one',
}

/** CONNACK return codes of MQTT 3.1.1, 3.2.2.3. */
const CODES_3: Readonly<Record<number, Reason>> = {
  1: VERSION,
  2: CLIENT_ID,
  3: UNAVAILABLE,
  4: CREDENTIALS,
  5: RIGHTS,
}

/** Reason codes of MQTT 5, 2.4, that a broker sends in CONNACK, PUBACK, SUBACK and DISCONNECT. */
const CODES_5: Readonly<Record<number, Reason>> = {
  130: { kind: 'invalid', sentence: 'The broker calls what this box sent a protocol error: look at its log' },
  131: { kind: 'refused', sentence: 'The broker refuses, and gives no reason that a box understands: look at its log' },
  132: VERSION,
  133: CLIENT_ID,
  134: CREDENTIALS,
  135: RIGHTS,
  136: UNAVAILABLE,
  137: { kind: 'busy', sentence: 'The broker is too busy: it is tried again, less and less often' },
  138: { kind: 'refused', sentence: 'The broker has banned this box: lift the ban there' },
  139: { kind: 'unreachable', sentence: 'The broker is shutting down' },
  140: { kind: 'refused', sentence: 'The broker wants another way of signing in than user name and password' },
  141: { kind: 'timeout', sentence: 'The broker has not heard of this box for too long: look at the network' },
  142: {
    kind: 'busy',
    sentence:
      'Another program connects with the same client id: two agents may be copies of one box, reset one of them',
  },
  144: { kind: 'invalid', sentence: "The broker refuses a topic's name: look at its rules for topics" },
  147: { kind: 'limit', sentence: 'The broker takes fewer messages at once than were sent' },
  149: { kind: 'limit', sentence: 'A message is larger than the broker takes: raise its limit to 262144 bytes' },
  150: { kind: 'busy', sentence: 'The broker finds that this box sends too much: it is tried again, more slowly' },
  151: { kind: 'busy', sentence: "The broker's quota for this box is used up: raise it there" },
  152: { kind: 'refused', sentence: "The broker's operator has ended the connection" },
  153: { kind: 'invalid', sentence: 'The broker refuses the form of a message: look at its rules for payloads' },
  154: { kind: 'unsupported', sentence: 'The broker keeps no retained messages: allow them there' },
  155: { kind: 'unsupported', sentence: 'The broker does not take QoS 1: allow it there' },
  156: { kind: 'unreachable', sentence: 'The broker sends this box to another server: set mqtt.url to that' },
  157: { kind: 'unreachable', sentence: 'The broker has moved to another address: set mqtt.url to that' },
  159: { kind: 'busy', sentence: 'The broker takes fewer new connections at a time: it is tried again' },
}

/** What OpenSSL and Node say about certificates, in the order of how often it happens. */
const TLS: readonly { readonly code: RegExp; readonly sentence: string }[] = [
  {
    code: /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|UNTRUSTED/,
    sentence: "The broker's certificate is signed by nobody this box trusts: give its CA in mqtt.caFile",
  },
  {
    code: /ALTNAME/,
    sentence: "The broker's certificate is for another name: correct mqtt.url, or set mqtt.fingerprint",
  },
  { code: /EXPIRED/, sentence: "A certificate has expired: renew it, or set this box's clock" },
  { code: /NOT_YET_VALID/, sentence: "The broker's certificate is not valid yet: set this box's clock" },
  {
    code: /ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE)/,
    sentence: "The broker does not accept this box's certificate: check mqtt.certFile and mqtt.keyFile",
  },
  { code: /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/, sentence: 'The broker does not speak TLS on this port' },
]

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Nothing listens at the broker's address and port: check both, and that it is running",
  ENOTFOUND: "The broker's name is not known: check it, and this box's name server",
  EAI_AGAIN: "The name server does not answer: check this box's network",
  EHOSTUNREACH: "There is no way to the broker: check this box's network",
  ENETUNREACH: 'This box has no network',
  ETIMEDOUT: 'The broker answers too slowly',
}

/** Why a connection to a broker has ended, as one error that says what can be done. The cause may be a reason code. */
export function connectionError(url: string, cause: unknown): LenscapError {
  const facts = { url: new URL(url).host }
  if (cause instanceof LenscapError) return cause
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const reason = reasonOf(code)
  if (reason) return new LenscapError(reason.kind, reason.sentence, { ...facts, code: Number(code) }, cause)
  const name = String(code ?? '')
  const certificate = TLS.find((each) => each.code.test(name))
  if (certificate) return new LenscapError('refused', certificate.sentence, { ...facts, code: name }, cause)
  const network = NETWORK[name]
  const slow = cause instanceof Error && (errorKind(cause) === 'timeout' || /timeout|timed out/i.test(cause.message))
  if (slow) return new LenscapError('timeout', 'The broker answers too slowly', facts, cause)
  return new LenscapError('unreachable', network ?? 'The connection to the broker has ended', facts, cause)
}

/** What a reason code means; undefined where it is none that we know. */
function reasonOf(code: unknown): Reason | undefined {
  if (typeof code !== 'number') return undefined
  return code < 128
    ? CODES_3[code]
    : (CODES_5[code] ?? { kind: 'unreachable', sentence: `The broker says no (reason ${code})` })
}
