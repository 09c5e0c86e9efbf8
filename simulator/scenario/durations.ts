import { z } from 'zod'

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/

/** Reads `10s`, `250ms`, `1.5m` as ms. */
function durationMs(text: string): number | undefined {
  const [, number, unit = ''] = DURATION.exec(text) ?? []
  return number === undefined ? undefined : Number(number) * (UNITS_MS[unit] ?? 0)
}

/** A length of time as a person writes it, in ms. */
export const Duration = z.string().transform((text, context) => {
  const ms = durationMs(text)
  if (ms === undefined) context.addIssue('a time is written as 500ms, 10s, 2m or 1h')
  return ms ?? 0
})

/** A moment, or two with `..` between them: the seed then chooses one from between. */
export const Moment = z.string().transform((text, context) => {
  const parts = text.split('..').map((part) => durationMs(part.trim()))
  const [from, until = from] = parts
  if (from === undefined || until === undefined || parts.length > 2 || parts.includes(undefined) || until < from)
    context.addIssue('a moment is written as 10s, or as 10s..20s for one that the seed chooses')
  return { fromMs: from ?? 0, untilMs: until ?? 0 }
})
