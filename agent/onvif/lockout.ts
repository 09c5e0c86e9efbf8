import type { Headers } from './http-reply.ts'

/** How long makers lock an address out, with a minute to spare. */
const MAKERS: readonly { readonly pattern: RegExp; readonly ms: number }[] = [
  { pattern: /reolink/i, ms: 6 * 60_000 },
  { pattern: /hikvision|hiwatch|dahua|amcrest|lorex|imou/i, ms: 31 * 60_000 },
]

/** The longest known: an attempt too early begins it anew, and one that fails is the last. */
const USUAL_MS = 31 * 60_000

/** How long this maker's devices stay closed after too many wrong passwords; the longest known where it is none of these. */
export const lockoutMsOf = (maker: string): number => MAKERS.find(({ pattern }) => pattern.test(maker))?.ms ?? USUAL_MS

/** What an answer says of how long to wait, ms; undefined where it says nothing, or nothing that makes sense. */
export function waitMsIn(headers: Headers, text: string, nowMs: number): number | undefined {
  const said = retryAfterMs(headers['retry-after'], nowMs) ?? unlockMs(text)
  return said !== undefined && said > 0 && said <= 86_400_000 ? said : undefined
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,6}$/.test(value.trim())) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isFinite(at) ? at - nowMs : undefined
}

/** As Hikvision (`<unlockTime>1780</unlockTime>`, seconds) and pages for people ("try again in 30 minutes") tell it. */
function unlockMs(text: string): number | undefined {
  const seconds = /<(?:\w+:)?unlockTime>\s*(\d{1,6})\s*</i.exec(text)?.[1]
  if (seconds !== undefined) return Number(seconds) * 1000
  const [, count, unit] =
    /(?:lock|block|again|wait)[^<>]{0,60}?\b(\d{1,4})\s*(second|sec|minute|min|hour)/i.exec(text) ?? []
  if (count === undefined || unit === undefined) return undefined
  const unitMs = /^s/i.test(unit) ? 1_000 : /^m/i.test(unit) ? 60_000 : 3_600_000
  return Number(count) * unitMs
}
