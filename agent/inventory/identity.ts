/** What tells one device from another, as far as it is known. Empty where it is not. */
export interface Identity {
  readonly endpoint: string
  readonly manufacturer: string
  readonly model: string
  readonly serial: string
  readonly macs: readonly string[]
  readonly address: string
  readonly port: number
}

/** How two identities compare: the marks on which they agree, and those on which they differ. */
interface Comparison {
  readonly agree: number
  readonly differ: number
}

/**
 * Whether a device seen now is the one known. More marks must agree than differ, so that a shared MAC, a cloned endpoint
 * reference or a faked serial alone merges nothing; where no mark can be believed, or they are even, its place decides.
 * @param seenElsewhere the known one was found at another place in this same pass: one mark is not enough then
 */
export function isSameDevice(known: Identity, seen: Identity, seenElsewhere: boolean): boolean {
  const { agree, differ } = compare(known, seen)
  const samePlace = known.address === seen.address && known.port === seen.port
  if (seenElsewhere) return agree >= 2 && differ === 0
  return agree > differ || (agree === differ && samePlace)
}

/** Without the marks that others show as well: of a faked serial or a router's card there are many. */
export function ownMarks(known: Identity, others: readonly Identity[]): Identity {
  const isShared = (has: (other: Identity) => boolean) => others.some(has)
  const serial = credibleSerial(known.serial)
  const endpoint = credibleEndpoint(known.endpoint)
  return {
    ...known,
    serial: isShared((o) => credibleSerial(o.serial) === serial && o.manufacturer === known.manufacturer) ? '' : serial,
    endpoint: isShared((o) => credibleEndpoint(o.endpoint) === endpoint) ? '' : endpoint,
    macs: known.macs.filter((mac) => !isShared((o) => o.macs.includes(mac))),
  }
}

/** How sure it is, for choosing among several that match. */
export function likeness(known: Identity, seen: Identity): number {
  const { agree, differ } = compare(known, seen)
  return agree - differ
}

function compare(a: Identity, b: Identity): Comparison {
  const serials: [string, string] = [credibleSerial(a.serial), credibleSerial(b.serial)]
  // A serial counts within its maker only, where both makers are known.
  const sameMaker = a.manufacturer === '' || b.manufacturer === '' || a.manufacturer === b.manufacturer
  const marks = [
    verdict(credibleEndpoint(a.endpoint), credibleEndpoint(b.endpoint)),
    sameMaker ? verdict(...serials) : serials.includes('') ? 'unknown' : 'differ',
    macVerdict(a.macs, b.macs),
  ]
  return {
    agree: marks.filter((mark) => mark === 'agree').length,
    differ: marks.filter((mark) => mark === 'differ').length,
  }
}

type Verdict = 'agree' | 'differ' | 'unknown'

const verdict = (a: string, b: string): Verdict => (a === '' || b === '' ? 'unknown' : a === b ? 'agree' : 'differ')

/** One card in common is enough: a device may show its Wi-Fi today and its cable tomorrow. */
function macVerdict(a: readonly string[], b: readonly string[]): Verdict {
  if (a.length === 0 || b.length === 0) return 'unknown'
  return a.some((mac) => b.includes(mac)) ? 'agree' : 'differ'
}

/** The serial, or nothing where it is one that makers leave in: blank, too short, one digit repeated, counting up. */
export function credibleSerial(serial: string): string {
  const text = serial.trim()
  const plain = text.replace(/[^0-9a-z]/gi, '').toLowerCase()
  if (plain.length < 4 || /^(.)\1*$/.test(plain)) return ''
  if ('012345678901234567890'.includes(plain) || '0123456789abcdefghijklmnopqrstuvwxyz'.includes(plain)) return ''
  if (/^(unknown|none|null|default|undefined|serial(number)?|notavailable|tobefilledbyoem)$/.test(plain)) return ''
  return text
}

/** The endpoint reference without its spelling's whims, or nothing where it is a placeholder. */
export function credibleEndpoint(endpoint: string): string {
  const plain = endpoint
    .trim()
    .toLowerCase()
    .replace(/^urn:uuid:|^uuid:/, '')
  const digits = plain.replace(/[^0-9a-z]/g, '')
  return digits.length < 8 || /^(.)\1*$/.test(digits) ? '' : plain
}
