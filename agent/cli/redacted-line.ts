const HIDDEN = '[secret]'

/** Shorter ones stand in every other word. */
const SECRET_LENGTH_MIN = 4

/** No line is longer: what a camera said may be among its facts. */
const LINE_LENGTH_MAX = 16_384
const MESSAGE_LENGTH_MAX = 1024

/** A URL's user and password: up to the last @ before the path, since passwords hold @ as well. */
const USER_IN_URL = /([a-z][a-z0-9+.-]{0,24}:\/\/)[^\s/?#"'<>]*@/gi
const AUTHORIZATION = /\b((?:basic|bearer)\s{1,8})[A-Za-z0-9+/_.~=-]{6,}/gi

/**
 * A line of the agent's own log without what must not leave it: the values given, as they are or as URLs, XML, JSON and
 * HTTP write them, and what stands in a URL before its host. Its messages are the agent's own words, so that nothing else
 * needs to be guessed at.
 */
export function redactedLine(line: string, secrets: readonly string[]): string {
  const forms = secrets.filter((secret) => secret.length >= SECRET_LENGTH_MIN).flatMap(formsOf)
  const hide = (text: string) =>
    forms
      .toSorted((a, b) => b.length - a.length)
      .reduce((hidden, form) => hidden.replaceAll(form, HIDDEN), text)
      .replace(USER_IN_URL, (_, scheme) => `${scheme}${HIDDEN}@`)
      .replace(AUTHORIZATION, (_, scheme) => `${scheme}${HIDDEN}`)
  const hidden = JSON.stringify(JSON.parse(line), (key, value: unknown) =>
    // The time and the level are nobody's secret, and have to stay readable.
    typeof value === 'string' && key !== 'time' ? hide(value) : value,
  )
  if (hidden.length <= LINE_LENGTH_MAX) return hidden
  const { level, time, msg }: Record<string, unknown> = JSON.parse(hidden)
  return JSON.stringify({ level, time, msg: String(msg).slice(0, MESSAGE_LENGTH_MAX), shortened: true })
}

function formsOf(secret: string): string[] {
  const xml = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const base64 = Buffer.from(secret).toString('base64')
  return [...new Set([secret, xml, base64, encodeURIComponent(secret.toWellFormed())])]
}
