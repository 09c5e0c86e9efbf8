import { HIDDEN, PATTERNS, VALUE_FOLLOWS } from './patterns.ts'

/** Of a line, before it is looked at: no log's line is that long, save by its maker's mistake. */
const LINE_LENGTH_READ_MAX = 8_192

/** What may be the front half of a secret, where a line was cut. */
const CUT_MARGIN = 256

/** Of a line that is told. */
const LINE_LENGTH_MAX = 1_024

/** Shorter ones stand in every other word. */
const KNOWN_LENGTH_MIN = 4

const KEY_BEGINS = /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----/
const KEY_ENDS = /-----END [A-Z ]{0,32}PRIVATE KEY-----/

/**
 * Takes secrets out of a device's log, line by line and across lines: passwords, tokens, Wi-Fi keys, addresses with a
 * user, private keys, and every value that the box knows to be secret. It rather takes too much than too little.
 */
export class Redactor {
  readonly #known: readonly string[]
  #inKey = false
  #hideNext = false

  /** @param known secrets that the box holds, such as the passwords that it signs in with */
  constructor(known: readonly string[] = []) {
    const forms = known.map(withoutControls).filter((secret) => secret.length >= KNOWN_LENGTH_MIN)
    this.#known = [...new Set(forms.flatMap(formsOf))].toSorted((a, b) => b.length - a.length)
  }

  /** One line, fit to be told; undefined where nothing is left of it. Call it for the lines in their order. */
  line(text: string): string | undefined {
    const clean = withoutControls(text.slice(0, LINE_LENGTH_READ_MAX))
    const wasCut = text.length > LINE_LENGTH_READ_MAX
    if (this.#inKey || KEY_BEGINS.test(clean)) {
      this.#inKey = !KEY_ENDS.test(clean)
      return this.#inKey ? undefined : HIDDEN
    }
    if (clean.trim() === '') return undefined
    const isHidden = this.#hideNext
    this.#hideNext = VALUE_FOLLOWS.test(clean.slice(-CUT_MARGIN))
    if (isHidden) return HIDDEN
    const whole = wasCut ? this.#hide(clean).slice(0, -CUT_MARGIN) : this.#hide(clean)
    return whole.slice(0, LINE_LENGTH_MAX)
  }

  #hide(line: string): string {
    let hidden = line
    for (const secret of this.#known) hidden = hidden.replaceAll(secret, HIDDEN)
    for (const { sought, instead } of PATTERNS) hidden = hidden.replace(sought, instead)
    return hidden
  }
}

/** As it is, and as URLs, XML, JSON and HTTP write it. */
function formsOf(secret: string): string[] {
  const xml = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const forms = [secret, xml, xml.replaceAll('"', '&quot;'), JSON.stringify(secret).slice(1, -1)]
  return [...forms, Buffer.from(secret).toString('base64'), encodeURIComponent(secret.toWellFormed())]
}

/** Terminals' colours and invisible characters say nothing, and may break up a secret. */
function withoutControls(text: string): string {
  return text
    .replace(/\p{Cc}\[[0-9;]*[A-Za-z]/gu, '')
    .replace(/\t/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
}
