/** What stands where a secret stood. */
export const HIDDEN = '[hidden]'

/** Names of secrets, also within longer names: `ftpPassword`, `wifi_psk2`, `X-Api-Key`. */
const STRONG =
  'passw(?:or)?[dt]|passphrase|passcode|kennwort|pwd|psk|secret|token|credential|(?:api|access|private|auth|wep|wpa|wlan|wifi|wireless|encryption|shared|master|session|secure)[-_ ]?key'

/** Names that are part of common words as well: these count only by themselves, or after a separator. */
const WEAK =
  '(?<![A-Za-z0-9])(?:pass|pw|key|pin|otp|sid|jsessionid|session-?id|cookie|auth|community|nonce|cnonce|signature|response)'

/** The rest of a longer name; it ends with the name, so that a long word is not searched again and again. */
const REST = '(?:[\\w.-]{0,24})["\']?'

const QUOTED = '"(?:[^"\\\\]|\\\\.)*"?|\'(?:[^\'\\\\]|\\\\.)*\'?'
const SEPARATOR = '\\s{0,8}(?:=>|->|:=|==?|:)\\s{0,8}'

interface Pattern {
  readonly sought: RegExp
  readonly instead: (found: string, kept: string) => string
}

const keepHead = (_: string, kept: string) => `${kept}${HIDDEN}`
const hideIf = (looksSecret: (text: string) => boolean) => (found: string) => (looksSecret(found) ? HIDDEN : found)

/** Base64 or hexadecimal that no word, name or path is. */
function looksRandom(text: string): boolean {
  const slashes = text.split('/').length - 1
  const isPath = slashes > 2 && slashes * 16 > text.length
  return !isPath && /\d/.test(text) && /[A-Za-z]/.test(text)
}

const regExp = (...parts: string[]) => new RegExp(parts.join(''), 'gi')

/** In turn. Each takes time in proportion to the line: nothing in them repeats without a bound what repeats. */
export const PATTERNS: readonly Pattern[] = [
  // Whatever follows a header that signs in is the secret, to the end of the line.
  { sought: /\b((?:proxy-)?authorization["']?\s{0,8}[:=]|(?:set-)?cookie["']?\s{0,8}:)(.*)/gi, instead: keepHead },
  {
    sought:
      /\b((?:basic|bearer|negotiate|ntlm)\s{1,8})(?=[A-Za-z]*[0-9A-Z=+/][A-Za-z0-9+/_.~=-]{5})[A-Za-z0-9+/_.~-]+=*/g,
    instead: keepHead,
  },
  { sought: /\b(digest\s{1,8})(?=username=|realm=|nonce=).*/gi, instead: keepHead },
  // A URL's user and password: up to the last @ before the path, since passwords hold @ as well; then with a slash inside.
  { sought: /([a-z][a-z0-9+.-]{0,24}:\/\/)[^\s/?#"'<>]*@/gi, instead: (_, kept) => `${kept}${HIDDEN}@` },
  {
    sought: /([a-z][a-z0-9+.-]{0,24}:\/\/)[^\s:@"'<>]{1,128}:[^\s"'<>]{1,256}@/gi,
    instead: (_, kept) => `${kept}${HIDDEN}@`,
  },
  // <Password Type="...">value</Password>
  { sought: regExp(`((?:${STRONG}|${WEAK})[\\w.-]{0,24}(?:\\s[^<>]{0,256})?>)[^<]+`), instead: keepHead },
  // "password": "value", password='value', psk=value
  { sought: regExp(`((?:${STRONG}|${WEAK})${REST}${SEPARATOR})(?:${QUOTED}|[^\\s,;&<>"']+)`), instead: keepHead },
  // password value, password is value, passwd "value"
  {
    sought: regExp(
      `((?:${STRONG})s?(?=\\s)\\s{1,8}(?:(?:is|was|to|set to|changed to|as|of)\\s{1,8})?)(?:${QUOTED}|[^\\s,;]+)`,
    ),
    instead: keepHead,
  },
  // Programs that take it as an argument: curl -u user:secret, sshpass -p secret, mysql -psecret, --key=secret
  { sought: /((?:^|\s)--?(?:u|user|userpwd|p|pw|k|key)(?:\s{1,8}|=))(?:"[^"]*"?|'[^']*'?|\S+)/gi, instead: keepHead },
  { sought: /((?:^|\s)-p)[^\s=-]\S*/g, instead: keepHead },
  // JSON web tokens and the keys of well-known services; then whatever looks like a key.
  { sought: /\beyJ[\w-]{5,}\.[\w.-]{5,}/g, instead: () => HIDDEN },
  { sought: /\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bgh[pousr]_\w{20,}|\bsk-[\w-]{20,}/g, instead: () => HIDDEN },
  { sought: /\b[0-9a-f]{32,}\b/gi, instead: () => HIDDEN },
  { sought: /[A-Za-z0-9+/_-]{40,}={0,2}/g, instead: hideIf(looksRandom) },
  // People.
  { sought: /[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g, instead: () => '[e-mail]' },
]

/** A name at the end of a line, whose value stands on the next. */
export const VALUE_FOLLOWS = new RegExp(`(?:${STRONG}|${WEAK})${REST}\\s{0,8}(?:[:=]>?\\s{0,8}["']?|>)\\s{0,8}$`, 'i')
